"""Voice notes and other sounds that came with a question: what is said in them becomes its words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile

from bot.contract import Attachment
from bot.errors import BadOption, BotError, FileError, FileUnsupported, GatewayError, Notice, StoppedByReader
from bot.features.brought import Given
from bot.features.files import FileBusy, workshop
from bot.features.listening import Listened, Wish, cut, listen, opened, recalled
from bot.features.reasons import advised, named
from bot.features.scene import Scene
from bot.files import Blob
from bot.model import Message, Window

OFF, TRANSCRIPT, ANSWER = "off", "transcript", "answer"

MOST_EARLIER = 3
LARGEST_EARLIER = 5_000_000
"""Bytes of a voice note that was said before the question: nobody asked for it to be heard, so it may not cost much."""

LARGEST_GUESS = 25_000_000
"""Bytes of a file that may be a sound although it is called something else: a larger one is not fetched to find out."""

LONGEST_QUOTE = 2000
_LONGEST_LINE = 300
_SENTENCE = re.compile(r".+?(?:[.!?…]+(?=\s)|[。！？；]|$)\s*", re.DOTALL)
_NAMELESS = ("", "application/octet-stream", "application/ogg")
_AS_SAID = Wish()


async def hear(scene: Scene, things: Given) -> Given:
    """The same with the sounds of the questions as their words, and voice notes that were said shortly before.

    Raises `StoppedByReader` where nothing was heard yet.
    """
    if scene.kit.workshop is None or not any(sounding(file) for file in _files(things)):
        return things
    if scene.claim.choice.voice == OFF:
        return _unheard(things)
    sounds = [file for question in things.questions for file in question.attachments if sounding(file)]
    ears = _Ears(scene, several=len(sounds) > 1)
    questions = tuple([await ears.question(question) for question in things.questions])
    window = things.window if ears.stopped else await ears.before(things.window)
    if ears.stopped and not ears.quotes:
        raise StoppedByReader("stopped while listening")
    silent = scene.claim.choice.voice == TRANSCRIPT and bool(ears.quotes) and not ears.typed
    return replace(
        things,
        questions=questions,
        window=window,
        prelude=things.prelude + "".join(quote(text, None if silent else LONGEST_QUOTE) for text in ears.quotes),
        notes=(*things.notes, *ears.notes),
        unread=tuple(file for file in things.unread if file not in ears.done),
        only_transcript=things.only_transcript or silent or ears.stopped,
    )


def sounding(file: Attachment) -> bool:
    """Whether there may be something to hear in it, by what is said of it."""
    return file.voice or file.media_type.startswith(("audio/", "video/")) or file.media_type in _NAMELESS


def quote(text: str, most: int | None = None) -> str:
    """A text as a quote with a blank line behind it.

    Its lines are short, so that a page that ends in it ends between two of them, and the next is a quote again.
    """
    whole = " ".join(text.split())
    shown = whole if most is None or len(whole) <= most else whole[:most].rsplit(" ", 1)[0] + " …"
    return "".join(f"> {line}\n" for line in _lines(shown)) + "\n"


def partly(file: Attachment, listened: Listened, why: str) -> Notice:
    """What was not heard of a file."""
    gaps = ", ".join(f"{clock(start)} - {clock(end)}" for start, end in listened.gaps)
    return Notice("heard-partly", {"name": file.name, "gaps": gaps, "why": why})


def clock(seconds: float) -> str:
    """A moment of a recording as people read it."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


@dataclass(slots=True)
class _Ears:
    """What is heard in one turn. `done` are the files that need no further word, `typed`: somebody wrote as well.

    `several`: a reason must name its file.
    """

    scene: Scene
    several: bool
    quotes: list[str] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)
    done: list[Attachment] = field(default_factory=list)
    typed: bool = False
    stopped: bool = False

    async def question(self, message: Message) -> Message:
        """The message with what is said in its files."""
        said: dict[Attachment, str] = {}
        for file in filter(sounding, message.attachments):
            text = None if self.stopped else await self._told(file)
            if text is not None:
                said[file] = text
        self.quotes += filter(None, said.values())
        self.typed = self.typed or bool(_typed(message.text, said.values()))
        return await self._worded(message, said)

    async def before(self, window: Window) -> Window:
        """Voice notes among what was said since the last answer that nobody has heard yet, the newest of them."""
        since = takewhile(lambda message: message.role == "user", reversed(window.messages))
        unheard = list(islice(filter(_is_note, since), MOST_EARLIER))[::-1]
        heard = {message.seq: await self._earlier(message) for message in unheard}
        return replace(window, messages=tuple(heard.get(each.seq, each) for each in window.messages))

    async def _earlier(self, message: Message) -> Message:
        """It was not asked for: what keeps it from being heard is no business of the answer's."""
        said: dict[Attachment, str] = {}
        for file in message.attachments:
            if not file.voice or file.size > LARGEST_EARLIER:
                continue
            try:
                found = await self._listened(file)
            except FileBusy:
                continue
            except FileError:  # nor will it be heard the next time
                found = None
            except (GatewayError, BadOption):
                break
            except StoppedByReader:
                self.stopped = True
                break
            said[file] = "" if found is None else found.heard.text
        return await self._worded(message, said)

    async def _worded(self, message: Message, said: dict[Attachment, str]) -> Message:
        """The message in these words, and remembered so: it is not heard a second time."""
        files = tuple(_as_heard(file) if file in said else file for file in message.attachments)
        new = [text for text in said.values() if text and text not in message.text]
        worded = replace(message, text="\n\n".join(filter(None, (message.text.strip(), *new))), attachments=files)
        if new or files != message.attachments:
            await self.scene.turn.heard(worded)
            return worded
        return message

    async def _told(self, file: Attachment) -> str | None:
        """What is said in a file; None where it was not heard, which is noted unless it is for another sense."""
        try:
            found = await self._listened(file)
        except StoppedByReader as stop:
            self.stopped = True
            self._note(file, stop.notice)
            return None
        except (FileError, GatewayError, BadOption) as error:
            self._note(file, self._about(file, error.notice))
            return None
        if found is None:
            return None
        self._judge(file, found)
        return found.heard.text

    def _judge(self, file: Attachment, found: Listened) -> None:
        self.done.append(file)
        self.stopped = isinstance(found.fault, StoppedByReader)
        if found.fault is not None:
            self.notes.append(partly(file, found, self._why(found.fault)))
        elif not found.heard.text:
            self.notes.append(Notice("nothing-heard", {"name": file.name}))

    async def _listened(self, file: Attachment) -> Listened | None:
        """None: it is no sound, and may be something for another sense."""
        if (kept := await recalled(self.scene, file, _AS_SAID)) is not None:
            return Listened(kept)
        if not (file.voice or file.media_type.startswith("audio/")) and file.size > LARGEST_GUESS:
            if file.media_type.startswith("video/"):
                self._note(file, Notice("film-not-heard", {"name": file.name}))
            return None
        blob = await opened(self.scene, file)
        if not await self._is_sound(file, blob):
            return None
        return await listen(self.scene, file, blob, _AS_SAID)

    async def _is_sound(self, file: Attachment, blob: Blob) -> bool:
        """By its bytes. A film's soundtrack is not what is asked; a clip that was recorded here is, film or not."""
        if blob.media_type.startswith("audio/"):
            return True
        if not blob.media_type.startswith("video/"):
            if file.voice or (file.media_type.startswith("audio/") and not blob.media_type.startswith("image/")):
                raise FileUnsupported("no sound by its bytes", file.name)
            return False
        if file.voice or not await _has_film(self.scene, file, blob):
            return True
        self._note(file, Notice("film-not-heard", {"name": file.name}))
        return False

    def _note(self, file: Attachment, notice: Notice) -> None:
        self.done.append(file)
        self.notes.append(notice)

    def _about(self, file: Attachment, notice: Notice) -> Notice:
        told = advised(self.scene.kit, self.scene.claim, notice)
        return named(self.scene.kit, self.scene.claim, told, file.name) if self.several else told

    def _why(self, fault: BotError) -> str:
        told = advised(self.scene.kit, self.scene.claim, fault.notice)
        return self.scene.kit.words.say(told, self.scene.claim.origin.locale)


async def _has_film(scene: Scene, file: Attachment, blob: Blob) -> bool:
    try:
        return (await cut(scene, workshop(scene).studio.probe(blob.path))).has_video
    except FileUnsupported:  # no soundtrack, so it is for the eyes
        return True
    except FileError as error:
        error.name = error.name or file.name
        raise


def _unheard(things: Given) -> Given:
    """A word about every sound of the questions: here nobody listens."""
    sounds = tuple(file for file in things.unread if file.voice or file.media_type.startswith("audio/"))
    if not sounds:
        return things
    rest = tuple(file for file in things.unread if file not in sounds)
    return replace(things, notes=(*things.notes, Notice("voice-is-off")), unread=rest)


def _files(things: Given) -> list[Attachment]:
    noted = (message for message in things.window.messages if _is_note(message))
    return [file for message in (*things.questions, *noted) for file in message.attachments]


def _is_note(message: Message) -> bool:
    """A voice note that nobody has heard yet."""
    return message.role == "user" and not message.text.strip() and any(file.voice for file in message.attachments)


def _typed(text: str, said: Iterable[str]) -> str:
    """What somebody wrote besides what was said, which may stand in the text already."""
    for each in filter(None, said):
        text = text.replace(each, "")
    return text.strip()


def _as_heard(file: Attachment) -> Attachment:
    """As it is remembered: a sound, whatever it was called, and no voice note that waits to be heard."""
    family, _, kind = file.media_type.partition("/")
    named = file.media_type if family == "audio" else f"audio/{kind}" if family == "video" else "audio/mpeg"
    return replace(file, media_type=named, voice=False)


def _lines(text: str) -> list[str]:
    lines = [""]
    for sentence in (piece for found in _SENTENCE.findall(text) for piece in _pieces(found)):
        if len(lines[-1]) + len(sentence) > _LONGEST_LINE:
            lines.append("")
        lines[-1] += sentence
    return [line.strip() for line in lines if line.strip()]


def _pieces(sentence: str) -> list[str]:
    """A sentence that is too long for a line, by words; where there are none, anywhere."""
    pieces = [""]
    for word in re.findall(rf"\S{{1,{_LONGEST_LINE}}}\s*", sentence):
        if len(pieces[-1]) + len(word) > _LONGEST_LINE:
            pieces.append("")
        pieces[-1] += word
    return [piece for piece in pieces if piece]
