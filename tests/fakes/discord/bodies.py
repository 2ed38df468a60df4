"""The rules that a message's body must keep: lengths, embeds, components, flags."""

from collections.abc import Sequence
from typing import Any

from tests.fakes.discord.wire import ApiError, Json, Problem, check_length, invalid, utf16
from tests.fakes.discord.world import Flag

ROW, BUTTON = 1, 2
"""Types of components."""
LINK = 5
"""The style of a button that leads elsewhere; 1 to 4 come back as an interaction."""
TEXT_LIMIT = 2_000
EMBED_TOTAL = 6_000
_EMBED_TEXTS = {"title": 256, "description": 4_096}
SENDABLE_FLAGS = Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS | Flag.COMPONENTS_V2 | Flag.VOICE


def check_body(body: Json, extra_flags: int = 0) -> None:
    """Refuse a body with a wrong field; emptiness is for `check_filled`, files have rules of their own.

    `extra_flags` may be set besides the usual.
    """
    if body.get("content") is not None:
        check_length("content", body["content"], 0, TEXT_LIMIT)
    check_embeds(body.get("embeds") or [])
    check_components(body.get("components") or [])
    if not (body.get("flags") or 0) & Flag.COMPONENTS_V2:
        check_legacy(body.get("components") or [])
    flags = body.get("flags") or 0
    if not isinstance(flags, int) or flags & ~(SENDABLE_FLAGS | extra_flags):
        raise invalid("flags", "NUMBER_TYPE_FLAGS", "Unknown or forbidden flags.")
    if flags & Flag.COMPONENTS_V2 and (body.get("content") or body.get("embeds")):
        message = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)


def check_filled(content: str, embeds: Sequence[Json], components: Sequence[Json], files: Sequence[Any]) -> None:
    """50006 for a message with nothing to see."""
    if not (content or embeds or components or files):
        raise ApiError(Problem.EMPTY_MESSAGE)


def check_nonce(nonce: object) -> None:
    """A nonce is a number or a text of at most 25 characters."""
    if isinstance(nonce, str):
        check_length("nonce", nonce, 0, 25)
    elif not isinstance(nonce, int | None):
        raise invalid("nonce", "BASE_TYPE_BAD_STRING", "Could not interpret as string or number.")


def check_embeds(embeds: Sequence[Json]) -> None:
    """The limits of embeds, each and together."""
    if len(embeds) > 10:
        raise invalid("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if sum(_embed_length(f"embeds.{index}", embed) for index, embed in enumerate(embeds)) > EMBED_TOTAL:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TOTAL}")


def _embed_length(path: str, embed: Json) -> int:
    texts = [(f"{path}.{name}", embed.get(name), most) for name, most in _EMBED_TEXTS.items()]
    texts.append((f"{path}.footer.text", (embed.get("footer") or {}).get("text"), 2_048))
    texts.append((f"{path}.author.name", (embed.get("author") or {}).get("name"), 256))
    fields = embed.get("fields") or []
    if len(fields) > 25:
        raise invalid(f"{path}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, entry in enumerate(fields):
        check_length(f"{path}.fields.{index}.name", entry.get("name"), 1, 256)
        check_length(f"{path}.fields.{index}.value", entry.get("value"), 1, 1_024)
    given = [(place, text, most) for place, text, most in texts if text is not None]
    shown = [check_length(place, text, 0, most) for place, text, most in given]
    return sum(map(utf16, shown)) + sum(utf16(entry["name"]) + utf16(entry["value"]) for entry in fields)


def check_components(components: object) -> None:
    """The rows of a message: buttons, or a select alone; components v2 are counted only."""
    if not isinstance(components, list):
        raise invalid("components", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    rows = [row for row in components if row.get("type") == ROW]
    if len(rows) > 5:
        raise invalid("components", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    seen: set[str] = set()
    for index, row in enumerate(rows):
        _check_row(f"components.{index}.components", row.get("components") or [], seen)


def check_legacy(components: Sequence[Json]) -> None:
    """Without the flag of components v2, rows are all that can stand at the top."""
    for index, component in enumerate(components):
        if component.get("type") != ROW:
            raise invalid(
                f"components.{index}.type", "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({ROW},).'
            )


def _check_row(path: str, items: Sequence[Json], seen: set[str]) -> None:
    if not 1 <= len(items) <= (5 if all(item.get("type") == BUTTON for item in items) else 1):
        raise invalid(path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length, selects alone.")
    for index, item in enumerate(items):
        if item.get("type") == BUTTON:
            _check_button(f"{path}.{index}", item)
        if item.get("custom_id") is not None:
            check_length(f"{path}.{index}.custom_id", item["custom_id"], 1, 100)
            if item["custom_id"] in seen:
                message = "Component custom id cannot be duplicated"
                raise invalid(f"{path}.{index}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
            seen.add(item["custom_id"])
        if len(item.get("options") or []) > 25:
            raise invalid(f"{path}.{index}.options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")


def _check_button(path: str, button: Json) -> None:
    """A button that comes back has an id, a link has an address, and each has something to read."""
    if button.get("style") not in range(1, LINK + 1):
        raise invalid(f"{path}.style", "BASE_TYPE_CHOICES", "Value must be one of 1 to 5.")
    wanted, other = ("url", "custom_id") if button["style"] == LINK else ("custom_id", "url")
    if button.get(wanted) is None:
        raise invalid(f"{path}.{wanted}", "BASE_TYPE_REQUIRED", "This field is required")
    if button.get(other) is not None:
        raise invalid(f"{path}.{other}", "COMPONENT_FIELD_EXCLUSIVE", f"{wanted} and {other} exclude each other")
    if button.get("label") is not None:
        check_length(f"{path}.label", button["label"], 0, 80)
    if not button.get("label") and not button.get("emoji"):
        raise invalid(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or emoji is required")
