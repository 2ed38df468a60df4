"""What each message says in a prompt: under whose name, with which of its files as pictures."""

import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from itertools import count as count_from

from bot.contract import Attachment
from bot.gateway.values import ChatImage, ChatMessage
from bot.model import Message

NAME_LIMIT = 40

PICTURE_TOKENS = 1000
"""What a picture is counted as, whatever its size. Vendors count by it: 765 for a thousand pixels a side and 1,105
for tall ones (GPT-4o), up to about 1,600 (Claude), 258 for each tile (Gemini)."""

MOST_PICTURES = 8

_MOST_PICTURE_BYTES = 20 * 1024 * 1024
"""Of all pictures together: gateways take 32 MB, and on the wire a third is added."""

NO_PICTURES: Mapping[str, tuple[ChatImage, ...]] = {}
_ROLES = ("system", "developer", "assistant", "user", "tool")
_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Speakers:
    """The names of the people who speak, by id, and the beginnings of lines that would look like theirs."""

    names: Mapping[str, str]
    claim: re.Pattern[str]

    def said(self, message: Message, text: str) -> str:
        """The text under its author's name, with every later line that claims a name quoted."""
        return f"{self.names[message.author.id]}: {self.claim.sub('> ', text)}"


def speakers_of(messages: Sequence[Message], bot_name: str) -> Speakers | None:
    """None where only one person speaks."""
    people = {message.author.id: message.author.name for message in messages if message.role == "user"}
    if len(people) < 2:
        return None
    taken = {bot_name.casefold(), *_ROLES}
    names: dict[str, str] = {}
    for person, name in people.items():
        names[person] = _distinct(one_line(name), taken)
        taken.add(names[person].casefold())
    claims = "|".join(re.escape(name) for name in sorted(taken, key=len, reverse=True))
    return Speakers(
        names, re.compile(rf"(?<=[{_BREAKS}])(?=[\s*_>#\[(\"'`-]*(?:{claims})[\s*_\])\"'`]*[:：])", re.IGNORECASE)
    )


def _distinct(name: str, taken: Container[str]) -> str:
    candidates = chain([name], (f"{name} ({number})" for number in count_from(2)))
    return next(candidate for candidate in candidates if candidate.casefold() not in taken)


def one_line(name: str) -> str:
    """A name that cannot end its line or its prefix."""
    shown = "".join(" " if unicodedata.category(sign)[0] in "CZ" or sign in ":：" else sign for sign in name)
    return " ".join(shown.split())[:NAME_LIMIT].strip() or "Somebody"


def spoken(
    message: Message, speakers: Speakers | None, shown: Mapping[str, tuple[ChatImage, ...]] = NO_PICTURES
) -> ChatMessage:
    """The message with these of its files as pictures and the names of all, under its author's name."""
    text = message.text.strip()
    if message.attachments and message.role == "user":
        seen = [attachment for attachment in message.attachments if attachment.ref in shown]
        unseen = [file for file in message.attachments if file.ref not in shown and not (text and _is_heard(file))]
        mentions = (_mention("attached", seen), _mention("attached, not readable", unseen))
        text = "\n".join(filter(None, (text, *mentions)))
    if text and speakers is not None and message.role == "user":
        text = speakers.said(message, text)
    return ChatMessage(message.role, text, tuple(chain.from_iterable(shown.values())) if shown else ())


def _is_heard(file: Attachment) -> bool:
    """A sound in a message that has words: what is said in it is among them."""
    return file.media_type.startswith("audio/") and not file.voice


def _mention(what: str, attachments: Sequence[Attachment]) -> str:
    names = ", ".join(one_line(attachment.name) for attachment in attachments)
    return f"[{what}: {names}]" if names else ""


@dataclass(slots=True)
class Album:
    """The pictures that there are, and how many of them may still be shown."""

    pictures: Mapping[str, tuple[ChatImage, ...]]
    places: int
    room: int = _MOST_PICTURE_BYTES
    shown: set[str] = field(default_factory=set)

    def spoken(self, messages: Sequence[Message], speakers: Speakers | None, tokens: int) -> list[ChatMessage]:
        """The messages with the pictures that fit; the newest message has its choice first."""
        newest_first: list[ChatMessage] = []
        for message in reversed(messages):
            shown = self._show(message, tokens // PICTURE_TOKENS) if self.pictures else NO_PICTURES
            newest_first.append(spoken(message, speakers, shown))
            tokens -= picture_tokens(newest_first[-1:])
        return newest_first[::-1]

    def _show(self, message: Message, most: int) -> Mapping[str, tuple[ChatImage, ...]]:
        found: dict[str, tuple[ChatImage, ...]] = {}
        for ref in (attachment.ref for attachment in message.attachments if message.role == "user"):
            images = () if ref in self.shown else self.pictures.get(ref, ())[: max(min(most, self.places), 0)]
            size = sum(len(image.data) for image in images)
            if images and size <= self.room:
                found[ref] = images
                self.shown.add(ref)
                self.room -= size
                self.places -= len(images)
                most -= len(images)
        return found


def picture_tokens(messages: Sequence[ChatMessage]) -> int:
    """What the pictures alone cost."""
    return sum(len(message.images) for message in messages) * PICTURE_TOKENS
