"""What a request for an answer asks: its words, its pictures, and how far its tools have come (pure)."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.fakes.gateway.messages import text_of
from tests.storm import files

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Prompt:
    """`words` are those of the last person, `pictures` the questions whose pictures are in it anywhere.

    `round` counts the answers with calls of tools since then; `draws` is the tool that draws, empty where none does.
    """

    words: str
    pictures: frozenset[int]
    round: int
    draws: str


def prompt(body: Json) -> Prompt:
    """The body of a chat, read."""
    messages = [each for each in _rows(body.get("messages")) if isinstance(each, dict)]
    last = max((at for at, each in enumerate(messages) if _asks(messages, at)), default=0)
    rounds = sum(bool(each.get("tool_calls")) for each in messages[last + 1 :])
    seen = {number for each in messages for url in _pictures(each) if (number := _number(url)) is not None}
    words = text_of(messages[last].get("content")) if messages else ""
    return Prompt(words, frozenset(seen), rounds, next((name for name in _tools(body) if "draw" in name), ""))


def _asks(messages: Sequence[Json], at: int) -> bool:
    """A person's message; what follows the result of a tool shows what came of it."""
    return messages[at].get("role") == "user" and (at == 0 or messages[at - 1].get("role") != "tool")


def _pictures(message: Json) -> Iterator[str]:
    for part in _rows(message.get("content")):
        image = part.get("image_url") if isinstance(part, dict) else None
        if isinstance(image, dict):
            yield str(image.get("url"))


def _number(url: str) -> int | None:
    head, _, data = url.partition(",")
    return files.read(b64decode(data)) if head.startswith("data:") else None


def _tools(body: Json) -> Iterator[str]:
    for tool in _rows(body.get("tools")):
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict):
            yield str(function.get("name"))


def _rows(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
