"""Finds the pictures in whatever an image model or its host answers, and leaves the words; pure.

Known hosts: the images API, OpenRouter, new-api and its like, DashScope, Gemini's own protocol, and event streams of
any of these. Nothing in an answer is relied on: what has an odd shape is as good as absent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.gateway.parts import usage
from bot.gateway.pictures import Link, Picture, from_base64, picture_of
from bot.gateway.pictures_text import address, sift
from bot.gateway.shapes import Undecodable, count, parse, rows, table, words
from bot.gateway.sse import EventDecoder, EventTooLong
from bot.gateway.values import Usage

_BARE: Final = ("b64_json", "base64", "result", "data")
_NESTED: Final = ("inlineData", "inline_data", "image", "image_url", "fileData", "file_data", "source")
_ADDRESSES: Final = ("url", "image_url", "image", "fileUri", "file_uri", "output_image")
_BLOCKED: Final = re.compile(
    r"content_filter|refusal|(image_)?safety|(image_)?prohibited_content|blocklist|spii|(image_)?recitation|no_image",
    re.IGNORECASE,
)
_DEEPEST: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in an answer. `broken` counts what was meant as a picture and is none.

    `blocked` is the word of a filter that acted, `job` says that a task was begun instead; `value` is the JSON that
    was read, where it was one.
    """

    pictures: tuple[Picture | Link, ...] = ()
    text: str = ""
    revised_prompt: str = ""
    refusal: str = ""
    blocked: str = ""
    broken: int = 0
    job: bool = False
    model: str = ""
    usage: Usage | None = None
    value: object = None


def found_in(body: bytes, value: object = None) -> Found:
    """What stands in the body of an answer: a picture itself, JSON, or an event stream.

    `value` is its JSON, where that was read already. Raises `Undecodable` where it is none of these. It may take a
    while: better not on the event loop.
    """
    picture = picture_of(body)
    if picture is not None:
        return Found((picture,))
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if value is None and start in (b"{", b"["):
        value = parse(body)
    values = _events(body) if value is None else [value]
    search = _Search()
    for value in values:
        search.take(value)
    return search.found(values[-1] if values else None)


def _events(body: bytes) -> list[object]:
    """The JSON of an event stream; a line that is none is passed over, as long as another one is."""
    decoder = EventDecoder()
    try:
        events = [*decoder.feed(body), *decoder.close()]
    except EventTooLong as error:
        raise Undecodable("an endless event") from error
    values = list(_parsed(event.data for event in events))
    if not values:
        raise Undecodable("neither JSON nor events")
    return values


def _parsed(texts: Iterable[str]) -> Iterator[object]:
    for text in texts:
        try:
            yield parse(text)
        except Undecodable:
            continue


class _Search:
    """Goes through one answer, or one event of it after the other."""

    def __init__(self) -> None:
        self._pictures: dict[Picture | Link, None] = {}
        self._texts: list[str] = []
        self._revised = self._refusal = self._blocked = self._model = ""
        self._broken = 0
        self._job = False
        self._usage: Usage | None = None

    def take(self, value: object) -> None:
        """The next object. The lists of hosts that answer in their own way are read where there are any."""
        found = table(value)
        self._model = words(found.get("model")) or words(found.get("modelVersion")) or self._model
        self._usage = usage(found.get("usage")) or _native_usage(found.get("usageMetadata")) or self._usage
        self._job = self._job or "task_id" in found or "task_id" in table(found.get("output"))
        for at in (found, table(found.get("output"))):
            for name in ("data", "images", "results"):
                self._items(at.get(name))
            for choice in map(table, rows(at.get("choices"))):
                self._choice(choice)
        self._native(found)

    def found(self, value: object) -> Found:
        """All of it. The words are searched last, since base64 may be spread over many events."""
        pictures, text, broken = sift("".join(self._texts))
        everything = tuple(self._pictures | dict.fromkeys(pictures))
        return Found(
            everything, text, self._revised, self._refusal, self._blocked,
            self._broken + broken, self._job, self._model, self._usage, value,
        )  # fmt: skip

    def _items(self, value: object) -> None:
        """The pictures of a list, or the only one without a list around it."""
        for each in rows(value) or ((value,) if isinstance(value, dict) else ()):
            self._revised = words(table(each).get("revised_prompt")) or self._revised
            self._keep(each)

    def _choice(self, choice: Mapping[str, object]) -> None:
        self._end(words(choice.get("finish_reason")))
        self._message(table(choice.get("delta")))
        message = table(choice.get("message"))
        if message.get("content"):
            # It repeats the deltas, should there have been any.
            self._texts.clear()
        self._message(message)

    def _message(self, message: Mapping[str, object]) -> None:
        self._refusal += words(message.get("refusal"))
        content = message.get("content")
        self._texts += [content] if isinstance(content, str) else []
        self._parts(rows(content))
        self._items(message.get("images"))
        self._items(message.get("image"))
        # Its words stand in `content` too, in a stream in an earlier event.
        said = bool(self._texts)
        self._parts(part for part in rows(message.get("multi_mod_content")) if not said or "text" not in table(part))

    def _parts(self, parts: Iterable[object]) -> None:
        """Parts of a content: words, pictures, and thoughts, whose own pictures are no result."""
        for part in parts:
            found = table(part)
            if found.get("thought") is True:
                continue
            text = part if isinstance(part, str) else words(found.get("text"))
            self._texts += [text] if text else []
            self._refusal += words(found.get("refusal"))
            if not text:
                self._keep(part)

    def _native(self, found: Mapping[str, object]) -> None:
        feedback = table(found.get("promptFeedback")) or table(found.get("prompt_feedback"))
        self._end(words(feedback.get("blockReason")) or words(feedback.get("block_reason")), certain=True)
        for candidate in map(table, rows(found.get("candidates"))):
            self._end(words(candidate.get("finishReason")) or words(candidate.get("finish_reason")))
            self._parts(rows(table(candidate.get("content")).get("parts")))

    def _end(self, word: str, *, certain: bool = False) -> None:
        if word and (certain or _BLOCKED.fullmatch(word)):
            self._blocked = word

    def _keep(self, value: object) -> None:
        picture = _picture(value)
        if picture is not None:
            self._pictures[picture] = None
        elif _meant(value):
            self._broken += 1


def _picture(value: object, depth: int = 0) -> Picture | Link | None:
    """The picture of one object, whichever of its fields has it; what it holds goes before where it leads."""
    if isinstance(value, str):
        return address(value) or from_base64(value)
    found = table(value)
    if not found or depth > _DEEPEST:
        return None
    bare = (from_base64(words(found.get(name))) for name in _BARE if isinstance(found.get(name), str))
    nested = (_picture(found[name], depth + 1) for name in _NESTED if isinstance(found.get(name), dict))
    leading = (_leads(found.get(name)) for name in _ADDRESSES)
    return next((each for several in (bare, nested, leading) for each in several if each is not None), None)


def _leads(value: object) -> Picture | Link | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return address(value) or from_base64(value)


def _meant(value: object) -> bool:
    """There is something in it that was to be a picture."""
    found = table(value)
    names = (*_BARE, *_NESTED, *_ADDRESSES)
    return bool(isinstance(value, str) and value.strip()) or any(found.get(name) for name in names)


def _native_usage(value: object) -> Usage | None:
    found = table(value)
    prompt, answer = count(found.get("promptTokenCount")), count(found.get("candidatesTokenCount"))
    thought = count(found.get("thoughtsTokenCount"))
    cached = count(found.get("cachedContentTokenCount"))
    return Usage(prompt, answer + thought, thought, cached) if prompt or answer else None
