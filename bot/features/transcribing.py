"""Writing down what is said in a recording: `/transcribe`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.contract import Attachment
from bot.errors import (
    BadOption,
    BotError,
    ChannelError,
    FileError,
    FileUnsupported,
    GatewayError,
    Notice,
    PostGone,
    StoppedByReader,
)
from bot.features.files import text_file
from bot.features.hearing import clock, partly, sounding
from bot.features.listening import Listened, Wish, bench, listen, opened, recalled
from bot.features.reasons import advised, named, unusable
from bot.features.scene import Scene
from bot.made import Cue
from bot.model import Answer, Message

TRANSCRIBE = "transcribe"
TEXT, TIMES, SRT, VTT = "text", "times", "srt", "vtt"
FORMATS = (TEXT, TIMES, SRT, VTT)
_SUBTITLES = {SRT: "application/x-subrip", VTT: "text/vtt"}
_YES = ("yes", "y", "true", "on", "1", "translate", "english", "en")
_NO = ("no", "n", "false", "off", "0")

LANGUAGES: Mapping[str, str] = {
    "english": "en", "chinese": "zh", "german": "de", "spanish": "es", "french": "fr", "italian": "it",
    "japanese": "ja", "korean": "ko", "portuguese": "pt", "russian": "ru", "dutch": "nl", "polish": "pl",
    "turkish": "tr", "ukrainian": "uk", "arabic": "ar", "hindi": "hi", "swedish": "sv", "vietnamese": "vi",
}  # fmt: skip
"""Names that people write where the model wants a code."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    format: str
    wish: Wish


async def transcribe(scene: Scene) -> Answer:
    """The answer of `/transcribe`: what is said in the files given with it, or in the newest recording here."""
    wanted = _wanted(scene.claim.task.options if scene.claim.task is not None else {})
    files = _files(scene)
    if not files:
        raise BadOption("nothing-to-transcribe")
    written = _Written(scene, wanted, named=len(files) > 1)
    for number, file in enumerate(files):
        if not written.stopped:
            await written.add(number, file)
    return written.answer()


@dataclass(slots=True)
class _Written:
    """What is written down so far, and what could not be."""

    scene: Scene
    wanted: _Wanted
    named: bool
    texts: list[str] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)
    fault: FileError | GatewayError | BadOption | StoppedByReader | None = None
    stopped: bool = False

    async def add(self, number: int, file: Attachment) -> None:
        """Write down one file; one that cannot be used leaves the others as they are."""
        try:
            found = await _listened(self.scene, file, self.wanted.wish)
        except (FileError, GatewayError, BadOption, StoppedByReader) as fault:
            self.fault, self.stopped = fault, isinstance(fault, StoppedByReader)
            self.notes.append(fault.notice if self.stopped else self._about(file, fault.notice))
            return
        if found.fault is not None:
            why = advised(self.scene.kit, self.scene.claim, found.fault.notice)
            self.notes.append(partly(file, found, self.scene.say(why.id, **why.params)))
            self.stopped = isinstance(found.fault, StoppedByReader)
        self.texts.append(f"{self._head(file, found)}\n\n{await self._body(number, found)}")

    def answer(self) -> Answer:
        """All of it. Raises what kept the files from being heard where none was."""
        if not self.texts:
            raise self._nothing()
        text, say = "\n\n".join(self.texts), self.scene.say
        said = "".join(f"\n\n_{say(note.id, **note.params)}_" for note in self.notes)
        model = self.scene.kit.craft("stt", None, self.scene.kit.defaults.transcript_model).id
        return Answer(text, model, shown=text + said)

    def _nothing(self) -> BotError:
        if self.fault is not None and len(self.notes) == 1:
            return self.fault
        return unusable(self.scene.kit, self.scene.claim, self.notes)

    def _about(self, file: Attachment, notice: Notice) -> Notice:
        told = advised(self.scene.kit, self.scene.claim, notice)
        return named(self.scene.kit, self.scene.claim, told, file.name) if self.named else told

    def _head(self, file: Attachment, found: Listened) -> str:
        """One line about the recording: which it is, its language and its length."""
        about = (file.name if self.named else "", found.heard.language, clock(found.heard.duration_s))
        return f"_{' · '.join(filter(None, about))}_"

    async def _body(self, number: int, found: Listened) -> str:
        if self.wanted.format == TIMES:
            return timed(found.heard.cues)
        if self.wanted.format not in _SUBTITLES:
            return found.heard.text
        subtitles = srt(found.heard.cues) if self.wanted.format == SRT else vtt(found.heard.cues)
        shown = await self._filed(number, subtitles.encode())
        return found.heard.text if shown else f"```\n{subtitles.strip()}\n```"

    async def _filed(self, number: int, content: bytes) -> bool:
        """Show subtitles as a file; where there can be none they are a part of the text."""
        scene, form = self.scene, self.wanted.format
        if len(content) > scene.channel.capabilities.file_limit:
            return False
        async with bench(scene) as folder:
            path = folder / f"transcript.{form}"
            await asyncio.to_thread(path.write_bytes, content)
            try:
                await scene.reply.show(number, (text_file(scene, number, path, len(content), _SUBTITLES[form]),))
            except (StoppedByReader, PostGone):
                raise
            except ChannelError as error:
                self.notes.append(error.notice)
                return False
        return True


def suggest_formats(prefix: str) -> Sequence[str]:
    """The forms that a transcript can have."""
    return [word for word in FORMATS if word.startswith(prefix.lower())]


async def _listened(scene: Scene, file: Attachment, wish: Wish) -> Listened:
    if (kept := await recalled(scene, file, wish)) is not None:
        found = Listened(kept)
    else:
        scene.reply.tell(scene.say("status-listening"))
        blob = await opened(scene, file)
        if not blob.media_type.startswith(("audio/", "video/")):
            raise FileUnsupported("no sound by its bytes", file.name)
        found = await listen(scene, file, blob, wish)
    if not found.heard.text and found.fault is None:
        raise BadOption("nothing-heard", name=file.name)
    return found


def _files(scene: Scene) -> list[Attachment]:
    """Those that came with the command, or were quoted with it; else the newest of people's here, or of ours."""
    given = [file for question in scene.claim.questions for file in question.attachments]
    if given:
        sounds = [file for file in given if sounding(file)]
        return sounds or given[:1]
    newest_first = scene.claim.window.messages[::-1]
    theirs = [message for message in newest_first if message.role == "user"]
    ours = [message for message in newest_first if message.role == "assistant"]
    return next(filter(None, map(_sounds, [*theirs, *ours])), [])


def _sounds(message: Message) -> list[Attachment]:
    return [file for file in message.attachments if file.voice or file.media_type.startswith(("audio/", "video/"))]


def _wanted(options: Mapping[str, str]) -> _Wanted:
    """What is asked for; written as text, all words may stand in the first option."""
    words = options.get("format", "").lower().split()
    form = next((word for word in words if word in FORMATS), TEXT)
    strange = [word for word in words if word not in (*FORMATS, "translate") and _code(word) is None]
    translate = options.get("translate", "").strip().lower()
    language = options.get("language", "") or next((word for word in words if word != "translate" and _code(word)), "")
    code = _code(language) if language else ""
    if strange or translate not in ("", *_YES, *_NO) or code is None:
        raise BadOption("transcribe-unknown", word=(strange or [translate, language])[0])
    return _Wanted(form, Wish(code, "translate" in words or translate in _YES))


def _code(language: str) -> str | None:
    """The ISO 639-1 code of a language that is named or is a code already."""
    word = language.strip().lower()
    return word if len(word) == 2 and word.isascii() and word.isalpha() else LANGUAGES.get(word)


def timed(cues: Sequence[Cue]) -> str:
    """A transcript with the moment of each piece before it."""
    return "\n".join(f"[{clock(cue.start_s)}] {cue.text}" for cue in cues)


def srt(cues: Sequence[Cue]) -> str:
    """Subtitles in the form of SubRip."""
    return "\n".join(
        f"{number}\n{_stamp(cue.start_s, ',')} --> {_stamp(cue.end_s, ',')}\n{_line(cue)}\n"
        for number, cue in enumerate(cues, 1)
    )


def vtt(cues: Sequence[Cue]) -> str:
    """Subtitles in the form of WebVTT."""
    stamp = partial(_stamp, mark=".")
    pieces = (f"{stamp(cue.start_s)} --> {stamp(cue.end_s)}\n{_escaped(_line(cue))}\n" for cue in cues)
    return "\n".join(("WEBVTT\n", *pieces))


def _line(cue: Cue) -> str:
    """On one line: a blank one would end the piece."""
    return " ".join(cue.text.split())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(seconds: float, mark: str) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"
