"""Chat: a question becomes one streamed, remembered answer."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.errors import BadOption, ContextTooLong, GatewayError, GatewayGarbled, Notice, StoppedByReader
from bot.features.ahead import Reading
from bot.features.given import Given, given, transcript, wordless
from bot.features.request import RETRY_SHARE, chat_request
from bot.features.scene import Scene
from bot.gateway.client import GatewayClient
from bot.gateway.values import ChatEnd, ChatRequest, Citation, ModelSpec
from bot.model import Answer, Claim
from bot.reply import Reply
from bot.text import closed
from bot.turn import Turn

log = logging.getLogger("parley.chat")

LATE_S = 120.0
"""A question that came in so long after it was asked is answered with a word about that."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How the stream ended: `end` when it is whole, `fault` when it broke off."""

    end: ChatEnd | None = None
    fault: GatewayError | StoppedByReader | None = None

    @property
    def cut(self) -> bool:
        """The answer is not whole."""
        return self.end is None or self.end.finish == "length"


async def chat(scene: Scene, early: Reading | None = None) -> Answer:
    """The answer of a chat model, streamed; the `early` stream is taken if it asked for the same."""
    kit, claim, reply = scene.kit, scene.claim, scene.reply
    if kit.gateway is None:
        raise BadOption("no-gateway")
    things = await given(scene)
    scene.turn.claim = claim = replace(claim, questions=things.questions, window=things.window)
    if things.only_transcript:
        return transcript(scene, things)
    if not any(question.text.strip() for question in claim.questions):
        raise wordless(scene, things)
    spec = kit.model(claim.choice)
    before = things.prelude + claim.partial
    reply.write(before)
    outcome = await _stream(_reading(kit.gateway, chat_request(kit, claim, spec), early), reply, scene.turn)
    if isinstance(outcome.fault, ContextTooLong) and reply.text == before:
        outcome = await _stream(Reading(kit.gateway, chat_request(kit, claim, spec, RETRY_SHARE)), reply, scene.turn)
    text = reply.text.removeprefix(things.prelude)
    if not text.strip():
        raise outcome.fault or BadOption("blank-answer", model=spec.id)
    notes = _footnotes(scene, outcome, things, text)
    return _record(text, things.prelude + (closed(text) + notes if notes else text), spec, outcome)


async def _stream(reading: Reading, reply: Reply, turn: Turn) -> _Outcome:
    """Feed the reply until the stream ends, breaks, is stopped, or the reply can take no more."""
    reading.into(reply)
    try:
        end = await turn.until_cut(reading.task)
    except (GatewayError, StoppedByReader) as fault:
        return _Outcome(fault=fault)
    if isinstance(reply.broken, StoppedByReader):
        return _Outcome(fault=reply.broken)
    if reply.broken is not None:
        raise reply.broken
    return _Outcome(end=end)


def _reading(gateway: GatewayClient, request: ChatRequest, early: Reading | None) -> Reading:
    """The stream that was asked for already, if it was asked for this."""
    if early is not None and early.asks(request):
        return early
    if early is not None:
        early.drop()
        log.info("early_request_dropped model=%s", request.model)
    return Reading(gateway, request)


def _footnotes(scene: Scene, outcome: _Outcome, things: Given, text: str) -> str:
    """What stands under the answer: its sources, why it is cut, which files were not read."""
    words, locale = scene.kit.words, scene.claim.origin.locale
    notes: list[Notice] = []
    if late := _minutes_late(scene.claim):
        notes.append(Notice("asked-ago", {"minutes": late}))
    if isinstance(outcome.fault, GatewayGarbled):
        notes.append(Notice("broke-off"))
    elif isinstance(outcome.fault, GatewayError):
        notes.append(Notice("cut-off", {"why": words.say(outcome.fault.notice, locale)}))
    elif outcome.fault is not None:
        notes.append(Notice("stopped"))
    elif outcome.end is not None and outcome.end.finish == "length":
        notes.append(Notice("cut-by-length"))
    notes += things.notes
    sources = _sources(outcome.end.citations, text) if outcome.end is not None else ""
    return sources + "".join(f"\n\n_{words.say(note, locale)}_" for note in notes)


def _sources(citations: Sequence[Citation], text: str) -> str:
    """The sources that the answer does not link itself, numbered."""
    missing = {citation.url: citation.title for citation in citations if citation.url not in text}
    lines = [f"{number}. [{title or url}]({url})" for number, (url, title) in enumerate(missing.items(), 1)]
    return "\n\n" + "\n".join(lines) if lines else ""


def _minutes_late(claim: Claim) -> int:
    """How long before it came in its newest question was asked, where that is worth saying: nobody heard it then."""
    if claim.revision or not claim.questions:
        return 0
    late_s = (claim.created_at - claim.questions[-1].sent_at).total_seconds()
    return round(late_s / 60) if late_s >= LATE_S else 0


def _record(text: str, shown: str, spec: ModelSpec, outcome: _Outcome) -> Answer:
    digest, end = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16], outcome.end
    blank = Answer(text, spec.id, shown=shown, request_hash=digest, cut=outcome.cut)
    if end is None:
        return blank
    usage = end.usage
    spent = {} if usage is None else {"prompt": usage.prompt, "completion": usage.completion}
    return replace(blank, usage=spent, citations=tuple(citation.url for citation in end.citations))
