"""Chat: a question becomes one streamed, remembered answer."""

import hashlib
from dataclasses import replace

from bot.errors import BadOption, BotError, PicturesRefused
from bot.features.ahead import Reading
from bot.features.brought import Given
from bot.features.footnotes import footnotes
from bot.features.given import given, transcript, wordless
from bot.features.kit import Kit
from bot.features.looking import cannot_see
from bot.features.request import Put
from bot.features.rounds import Rounds, Talk, worded
from bot.features.scene import Scene
from bot.features.tools import offered
from bot.gateway.values import ModelSpec
from bot.model import Answer
from bot.text import closed


async def chat(scene: Scene, early: Reading | None = None) -> Answer:
    """The answer of a chat model, streamed; the `early` stream is taken if it asked for the same."""
    kit, reply = scene.kit, scene.reply
    if kit.gateway is None:
        raise BadOption("no-gateway")
    things = await given(scene)
    scene.turn.claim = claim = replace(scene.claim, questions=things.questions, window=things.window)
    if things.only_transcript:
        return transcript(scene, things)
    if not worded(claim) and not _pictured(things):
        raise wordless(scene, things)
    spec = kit.model(claim.choice)
    reply.write(things.prelude + claim.partial)
    put = Put(offered(kit, scene.channel.capabilities), things.pictures)
    talk = await Rounds(scene, kit.gateway, spec, put, early).talk()
    _learn(kit, spec, talk)
    text = reply.text.removeprefix(things.prelude)
    if not text.strip():
        if not talk.made.files:
            raise _nothing(scene, spec, talk)
        text = "\n\n".join(talk.made.captions)
    notes = footnotes(scene, spec, talk, things, text)
    return _record(text, things.prelude + (closed(text) + notes if notes else text), spec, talk)


def _pictured(things: Given) -> bool:
    """The questions bring a picture that can be looked at."""
    files = (file for question in things.questions for file in question.attachments)
    return any(things.pictures.get(file.ref) for file in files)


def _learn(kit: Kit, spec: ModelSpec, talk: Talk) -> None:
    """Whether the model looks at pictures, for the next question: it is told by its refusal, or by an answer."""
    if kit.workshop is None:
        return
    fault = talk.refused or talk.outcome.fault
    if isinstance(fault, PicturesRefused) and fault.blind:
        kit.workshop.sights.refuse(spec.id)
    elif talk.shown and talk.outcome.end is not None:
        kit.workshop.sights.see(spec.id)


def _nothing(scene: Scene, spec: ModelSpec, talk: Talk) -> BotError:
    """Why there is neither a word nor anything to see."""
    fault = talk.outcome.fault
    if isinstance(fault, PicturesRefused) and fault.blind:
        notice = cannot_see(scene.kit, spec)
        return BadOption(notice.id, **notice.params)
    if fault is None and talk.made.notes:
        return BadOption(talk.made.notes[0].id, **talk.made.notes[0].params)
    return fault or BadOption("blank-answer", model=spec.id)


def _record(text: str, shown: str, spec: ModelSpec, talk: Talk) -> Answer:
    digest, end = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16], talk.outcome.end
    files = tuple(talk.made.files)
    blank = Answer(text, spec.id, shown=shown, request_hash=digest, cut=talk.outcome.cut, attachments=files)
    usage = talk.usage
    spent = {} if usage is None else {"prompt": usage.prompt, "completion": usage.completion}
    cited = () if end is None else tuple(citation.url for citation in end.citations)
    return replace(blank, usage=spent, citations=cited)
