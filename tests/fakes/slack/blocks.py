"""Block Kit as far as the bot uses it: the limits that Slack refuses, and the words that a person sees."""

from collections.abc import Sequence

from tests.fakes.slack.library import ID, Library
from tests.fakes.slack.values import ApiError, Json
from tests.fakes.slack.workspace import measure

MARKDOWN_LIMIT = 12_000
"""Characters of standard Markdown in one payload (https://docs.slack.dev/reference/block-kit/blocks/markdown-block)."""

_KNOWN = {"section", "markdown", "image", "actions", "context", "context_actions", "divider", "header", "table", "file"}
_ELEMENTS = {"actions": 25, "context": 10, "context_actions": 5}


def checked(blocks: Sequence[Json], library: Library) -> Sequence[Json]:
    """The blocks, or `invalid_blocks` / `msg_too_long` where Slack would not take them."""
    if len(blocks) > 50 or sum(block.get("type") == "table" for block in blocks) > 1:
        raise ApiError("invalid_blocks")
    for block in blocks:
        _check(block)
    named = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(named) != len(set(named)):
        raise ApiError("invalid_blocks", response_metadata={"messages": ["[ERROR] block_id is not unique"]})
    if sum(measure(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown") > MARKDOWN_LIMIT:
        raise ApiError("msg_too_long")
    for reference in pictures(blocks):
        library.show(reference)
    return blocks


def pictures(blocks: Sequence[Json]) -> list[Json]:
    """The files of Slack's own that the blocks show."""
    references = [block.get("slack_file") for block in blocks if block.get("type") == "image"]
    return [reference for reference in references if isinstance(reference, dict)]


def words(block: Json) -> str:
    """What a person reads in a block."""
    match block.get("type"):
        case "markdown":
            return str(block.get("text", ""))
        case "section" | "header":
            return "\n".join([_text(block), *(_text({"text": item}) for item in _items(block, "fields"))]).strip()
        case "context":
            return " ".join(_text({"text": item}) for item in _items(block, "elements"))
        case "image":
            return "" if "slack_file" in block else str(block.get("alt_text", ""))
        case _:
            return ""


def buttons(block: Json) -> list[str]:
    """The labels of what can be pressed in a block."""
    if block.get("type") not in {"actions", "context_actions"}:
        return []
    return [_text(side) for item in _items(block, "elements") for side in _sides(item)]


def actions(block: Json) -> list[Json]:
    """What can be pressed in a block, as the press sends it back."""
    return [
        {**side, "block_id": block.get("block_id", "b")} for item in _items(block, "elements") for side in _sides(item)
    ]


def _check(block: Json) -> None:
    kind = str(block.get("type"))
    refused = (
        kind not in _KNOWN
        or measure(str(block.get("block_id", ""))) > 255
        or (kind == "section" and (not words(block) or measure(_text(block)) > 3_000))
        or (kind == "header" and not 1 <= measure(_text(block)) <= 150)
        or (kind == "markdown" and not str(block.get("text", "")).strip())
        or (kind == "image" and not 1 <= measure(str(block.get("alt_text", ""))) <= 2_000)
        or (kind == "image" and not _pictured(block))
        or (kind in _ELEMENTS and not 1 <= len(_items(block, "elements")) <= _ELEMENTS[kind])
        or (kind in _ELEMENTS and not all(_fits(item) for item in _items(block, "elements")))
        or (kind == "actions" and not _distinct(_items(block, "elements")))
    )
    if refused:
        raise ApiError("invalid_blocks", response_metadata={"messages": [f"[ERROR] invalid block: {kind}"]})


def _pictured(block: Json) -> bool:
    """An address or a file of Slack's own, not both; the file by its id (its address would do as well)."""
    reference = block.get("slack_file")
    if reference is None:
        return bool(block.get("image_url"))
    if not isinstance(reference, dict) or block.get("image_url"):
        return False
    return list(reference) == ["id"] and ID.fullmatch(str(reference["id"])) is not None


def _fits(element: Json) -> bool:
    if element.get("type") != "button":
        return True
    return (
        isinstance(element.get("text"), dict)
        and _type(element["text"]) == "plain_text"
        and 1 <= measure(_text(element)) <= 75
        and measure(str(element.get("value", ""))) <= 2_000
        and measure(str(element.get("action_id", ""))) <= 255
    )


def _distinct(elements: list[Json]) -> bool:
    """An action id stands once in a block."""
    named = [element["action_id"] for element in elements if element.get("action_id")]
    return len(named) == len(set(named))


def _sides(element: Json) -> list[Json]:
    """A button is itself; a pair of feedback buttons is two with one action id."""
    if element.get("type") != "feedback_buttons":
        return [element] if "action_id" in element else []
    named: Json = {"type": "feedback_buttons", "action_id": element.get("action_id")}
    sides = (element.get("positive_button"), element.get("negative_button"))
    return [{**named, **side} for side in sides if isinstance(side, dict)]


def _items(block: Json, name: str) -> list[Json]:
    items = block.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _type(text: object) -> str:
    return str(text.get("type")) if isinstance(text, dict) else ""


def _text(holder: Json) -> str:
    text = holder.get("text", "")
    return str(text.get("text", "")) if isinstance(text, dict) else str(text)
