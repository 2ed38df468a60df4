"""Speech: a text as a voice message, or as a sound file where there are none."""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.contract import Attachment
from bot.errors import (
    BadOption,
    BotError,
    ChannelError,
    ChannelGone,
    Fenced,
    FileError,
    FileTooLarge,
    GatewayGarbled,
    Notice,
    StoppedByReader,
)
from bot.features.files import sound_file, workshop
from bot.features.reading_aloud import PART, LeftOut, script
from bot.features.reasons import advised
from bot.features.scene import Make, Scene
from bot.files import Blob
from bot.gateway.audio import SpeechRequest, offers
from bot.gateway.catalogue import Catalogue
from bot.gateway.values import ModelSpec
from bot.made import Heard, Spoken, Written, own
from bot.media.values import MEGABYTE
from bot.media.values import Spoken as Joined
from bot.model import Answer, Claim
from bot.text import closed

log = logging.getLogger("parley.speaking")

SAY = "say"

FORMAT = "flac"
"""What parts are asked for in: small, and without the silence that lossy formats put at both ends."""

UNDER_AN_ANSWER = 99
"""The number of the post in which a written answer is spoken; what tools show has lower ones."""

_SUGGESTED = 25
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Aloud:
    """A text that was read aloud and stands there. `attachment` is it in the history; `voice` is empty where the model
    chose; `notes` say what of the text is missing.
    """

    attachment: Attachment
    model: str
    voice: str
    duration_s: float
    notes: tuple[Notice, ...] = ()


async def speak(
    scene: Scene, text: str, number: int, *, model: str = "", voice: str = "", language: str = "", style: str = ""
) -> Aloud:
    """Read a Markdown text aloud in the post of that number; returns when it stands there.

    Raises `BadOption` for what the model does not have, a text without words, and a place that takes no such file;
    `GatewayError`, `FileError` and `StoppedByReader`. What was bought until then is not bought again for this turn.
    """
    spec = scene.kit.craft("tts", model or None, scene.kit.defaults.speech_model)
    found = await asyncio.to_thread(script, text, _left_out(scene), limit=_limit(spec))
    if not found.parts:
        raise BadOption("nothing-to-say")
    if not scene.channel.capabilities.file_limit:
        raise BadOption("speech-no-files")
    asked = SpeechRequest(spec.id, "", "", voice, FORMAT, language, style)
    takes = []
    for count, part in enumerate(found.parts, 1):
        _tell(scene, count, len(found.parts))
        takes.append(await _take(scene, replace(asked, text=part)))
    attachment, duration_s = await _show(scene, number, takes, found.parts[0])
    notes = () if found.whole else (Notice("spoken-in-part"),)
    return Aloud(attachment, spec.id, _voice(spec, voice), duration_s, notes)


async def say(scene: Scene) -> Answer:
    """What `/say` answers: the text, or else the newest answer of the conversation, read aloud."""
    options = scene.claim.task.options if scene.claim.task is not None else {}
    text = options.get("text", "").strip() or _newest_answer(scene.claim)
    if not text:
        raise BadOption("nothing-said-yet")
    wanted = {name: options.get(name, "").strip() for name in ("model", "voice", "language", "style")}
    aloud = await speak(scene, text, 0, **wanted)
    said = scene.say("read-aloud" if aloud.voice else "read-aloud-by-model", voice=aloud.voice, model=aloud.model)
    return Answer(said, aloud.model, shown=said + _notes(scene, aloud.notes), attachments=(aloud.attachment,))


async def spoken_too(scene: Scene, make: Make) -> Answer:
    """What `make` answers, and under it the same aloud where a voice note was asked with and the place wants that.

    Whatever keeps it from being spoken is told under the text, which is kept before a word of it is bought.
    """
    if not await _wants_voice(scene):
        return await make(scene)
    written = await _written(scene, make)
    if written.cut or not written.text.strip() or any(_is_sound(file) for file in written.attachments):
        return written
    try:
        aloud = await speak(scene, written.text, UNDER_AN_ANSWER)
    except (Fenced, ChannelGone):
        raise
    except (BotError, OSError) as error:
        log.warning("answer_not_spoken turn=%s kind=%s", scene.claim.turn, type(error).__name__)
        told = error.notice if isinstance(error, BotError) else Notice(BotError.notice_id)
        why = scene.kit.words.say(advised(scene.kit, scene.claim, told), scene.claim.origin.locale)
        unspoken = Notice("not-read-aloud", {"why": why})
        return _noted(scene, written, (unspoken,))
    return _noted(scene, replace(written, attachments=(*written.attachments, aloud.attachment)), aloud.notes)


def suggests(catalogue: Catalogue) -> Mapping[tuple[str, str], Callable[[str], Sequence[str]]]:
    """Suggestions for the options of `/say`, of all models that speak."""

    def suggest(what: str, prefix: str) -> Sequence[str]:
        able = [spec for spec in catalogue.having("tts") if catalogue.available(spec.id)]
        names = dict.fromkeys(name for spec in able for name in _offered(spec, what))
        return [name for name in names if name.casefold().startswith(prefix.strip().casefold())][:_SUGGESTED]

    return {(SAY, what): partial(suggest, what) for what in ("voice", "language", "model")}


def _offered(spec: ModelSpec, what: str) -> Sequence[str]:
    return (spec.id,) if what == "model" else offers(spec, f"{what}s")


def _limit(spec: ModelSpec) -> int:
    most = spec.more.get("max_input_chars")
    return min(PART, most) if isinstance(most, int) and most > 0 else PART


def _voice(spec: ModelSpec, voice: str) -> str:
    """As the model itself writes it."""
    offered = offers(spec, "voices")
    same = [each for each in offered if each.casefold() == voice.casefold()]
    return (same or [voice] if voice else [*offered[:1], ""])[0]


def _left_out(scene: Scene) -> LeftOut:
    return LeftOut(code=scene.say("code-left-out"), table=scene.say("table-left-out"))


def _tell(scene: Scene, part: int, parts: int) -> None:
    scene.reply.tell(scene.say("status-speaking" if parts == 1 else "status-speaking-part", part=part, parts=parts))


async def _take(scene: Scene, request: SpeechRequest) -> Blob:
    """One part, bought unless this turn has bought it already: the same words in the same voice sound the same."""
    shop, name = workshop(scene), _request_name(request)
    kept = (await scene.turn.made()).get(name)
    if isinstance(kept, Spoken) and (blob := await shop.blobs.find(kept.blob)) is not None:
        return blob
    asked = replace(request, key=f"parley-{scene.claim.name}-{name[-24:]}")
    speech = await scene.turn.until_cut(asyncio.ensure_future(shop.audio.speak(asked)))
    blob = await shop.blobs.keep(speech.content, speech.media_type)
    try:
        await shop.studio.probe(blob.path)
    except FileError as error:  # kept it would fail this turn for ever
        raise GatewayGarbled("speech that cannot be decoded", model=request.model) from error
    await scene.turn.keep(name, Spoken(blob.id, blob.media_type, blob.size))
    return blob


def _request_name(request: SpeechRequest) -> str:
    said = "\0".join((request.model, request.voice, request.language, request.style, request.text))
    return "spoken-" + hashlib.sha256(said.encode(errors="replace")).hexdigest()


async def _show(scene: Scene, number: int, takes: Sequence[Blob], words: str) -> tuple[Attachment, float]:
    """Show the parts as one sound; also how long it is."""
    blob, joined = await scene.turn.until_cut(asyncio.ensure_future(_joined(scene, takes)))
    file = sound_file(scene, number, joined, words[:_LONGEST_NAME])
    try:
        await scene.reply.show(number, (file,))
    except (StoppedByReader, ChannelGone):
        raise
    except ChannelError as error:
        log.warning("speech_not_shown turn=%s reason=%s", scene.claim.turn, error)
        raise BadOption("speech-not-shown") from error
    return own(Spoken(blob.id, blob.media_type, blob.size), file.name), joined.duration_s


async def _joined(scene: Scene, takes: Sequence[Blob]) -> tuple[Blob, Joined]:
    """One sound out of the parts that may be posted here, among the blobs, where it lies as long as it is needed."""
    shop, can = workshop(scene), scene.channel.capabilities
    with tempfile.TemporaryDirectory(dir=shop.folder) as folder:
        paths, kind = [take.path for take in takes], "opus" if can.voice else "mp3"
        joined = await shop.studio.join(paths, Path(folder, f"speech.{kind}"), kind)
        if joined.size > can.file_limit:
            try:
                fitted = await shop.studio.fit(joined.path, Path(folder), can.file_limit)
            except FileTooLarge as error:
                raise BadOption("speech-too-large", most=f"{can.file_limit / MEGABYTE:.3g} MB") from error
            joined = replace(joined, path=fitted.path, media_type=fitted.media_type)
        blob = await shop.blobs.keep(joined.path, joined.media_type)
    return blob, replace(joined, path=blob.path, media_type=blob.media_type, size=blob.size)


def _newest_answer(claim: Claim) -> str:
    """Answers to `/say` say only who spoke."""
    window = claim.window.messages
    spoken = {said.turn for said in window if said.role == "user" and said.text.startswith(f"/{SAY}")}
    answers = [said.text for said in window if said.role == "assistant" and said.turn not in spoken]
    return next((text for text in reversed(answers) if text.strip()), "")


async def _wants_voice(scene: Scene) -> bool:
    """Where voice notes are only transcribed or not listened to there is nothing to answer them."""
    choice = scene.claim.choice
    if not choice.aloud or choice.voice not in (None, "answer"):
        return False
    if any(file.voice for question in scene.claim.questions for file in question.attachments):
        return True
    # Once it was heard, a voice note is remembered as a sound and its words.
    texts = {question.text for question in scene.claim.questions}
    made = (await scene.turn.made()).values()
    return any(isinstance(each, Written) or (isinstance(each, Heard) and each.text in texts) for each in made)


async def _written(scene: Scene, make: Make) -> Answer:
    """The text of an answer that is to be spoken. A whole one is kept: a run after this one speaks the same."""
    name = f"written-{scene.claim.revision}"
    kept = (await scene.turn.made()).get(name)
    if isinstance(kept, Written):
        scene.reply.write(kept.shown)
        shown, files = kept.shown, kept.attachments
        return Answer(kept.text, kept.model, kept.usage, kept.citations, kept.request_hash, shown, attachments=files)
    made = await make(scene)
    if not made.cut and made.text.strip():
        rest = (made.model, made.usage, made.citations, made.request_hash, made.attachments)
        await scene.turn.keep(name, Written(made.text, made.shown or made.text, *rest))
    return made


def _is_sound(file: Attachment) -> bool:
    """The model has had it spoken by itself."""
    return file.media_type.startswith("audio/")


def _noted(scene: Scene, answer: Answer, notes: Sequence[Notice]) -> Answer:
    return replace(answer, shown=closed(answer.shown or answer.text) + _notes(scene, notes)) if notes else answer


def _notes(scene: Scene, notes: Sequence[Notice]) -> str:
    return "".join(f"\n\n_{scene.kit.words.say(note, scene.claim.origin.locale)}_" for note in notes)
