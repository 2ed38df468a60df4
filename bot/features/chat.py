"""Chat: a question becomes one streamed, remembered answer."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.contract import Channel
from bot.errors import BadOption, ContextTooLong, GatewayError, GatewayGarbled, Notice, StoppedByReader
from bot.features import buttons
from bot.features.ahead import Reading
from bot.features.kit import Kit
from bot.features.request import RETRY_SHARE, chat_request
from bot.gateway.client import GatewayClient
from bot.gateway.values import ChatEnd, ChatRequest, Citation, ModelSpec
from bot.model import Answer, Claim, TurnState
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


async def answer(kit: Kit, turn: Turn, channel: Channel, early: Reading | None = None) -> None:
    """Answer a claimed turn in its channel, with the `early` stream if it asked for the same.

    Raises `BotError` when nothing of an answer could be shown.
    """
    claim = turn.claim
    status, stop = kit.words.text("status-thinking", claim.origin.locale), buttons.growing(kit.words, claim)
    if claim.revision and not channel.capabilities.rewrites:
        turn.leave()
    async with Reply(channel, turn, status=status, buttons=stop) as reply:
        if claim.answer is not None:
            await reply.finish(claim.answer, buttons.under(kit.words, claim, cut=claim.cut))
            await turn.close(TurnState.DONE)
            return
        await _answer_anew(kit, turn, reply, early)


async def _answer_anew(kit: Kit, turn: Turn, reply: Reply, early: Reading | None) -> None:
    claim, started = turn.claim, time.monotonic()
    if kit.gateway is None:
        raise BadOption("no-gateway")
    if not any(question.text.strip() for question in claim.questions):
        raise BadOption("nothing-to-read" if _files(claim) else "empty-question")
    if claim.stopped:
        raise StoppedByReader("stopped before it was begun again")
    spec = kit.model(claim.choice)
    reply.write(claim.partial)
    outcome = await _stream(_reading(kit.gateway, chat_request(kit, claim, spec), early), reply, turn)
    if isinstance(outcome.fault, ContextTooLong) and reply.text == claim.partial:
        outcome = await _stream(Reading(kit.gateway, chat_request(kit, claim, spec, RETRY_SHARE)), reply, turn)
    if not reply.text.strip():
        raise outcome.fault or BadOption("blank-answer", model=spec.id)
    notes = _footnotes(kit, claim, outcome, reply.text)
    text = closed(reply.text) + notes if notes else reply.text
    await turn.answered(_record(reply.text, text, spec, outcome))
    await reply.finish(text, buttons.under(kit.words, claim, cut=outcome.cut))
    await turn.close(TurnState.DONE)
    log.info(
        "turn_finished turn=%s conversation=%s model=%s seconds=%.2f whole=%s",
        *(claim.turn, claim.conversation, spec.id, time.monotonic() - started, outcome.fault is None),
    )


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


def _footnotes(kit: Kit, claim: Claim, outcome: _Outcome, text: str) -> str:
    """What stands under the answer: its sources, why it is cut, which files were not read."""
    locale = claim.origin.locale
    notes: list[Notice] = []
    if late := _minutes_late(claim):
        notes.append(Notice("asked-ago", {"minutes": late}))
    if isinstance(outcome.fault, GatewayGarbled):
        notes.append(Notice("broke-off"))
    elif isinstance(outcome.fault, GatewayError):
        notes.append(Notice("cut-off", {"why": kit.words.say(outcome.fault.notice, locale)}))
    elif outcome.fault is not None:
        notes.append(Notice("stopped"))
    elif outcome.end is not None and outcome.end.finish == "length":
        notes.append(Notice("cut-by-length"))
    if files := _files(claim):
        notes.append(Notice("files-not-read", {"names": ", ".join(files)}))
    sources = _sources(outcome.end.citations, text) if outcome.end is not None else ""
    return sources + "".join(f"\n\n_{kit.words.say(note, locale)}_" for note in notes)


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


def _files(claim: Claim) -> list[str]:
    return [attachment.name for question in claim.questions for attachment in question.attachments]


def _record(text: str, shown: str, spec: ModelSpec, outcome: _Outcome) -> Answer:
    digest, end = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16], outcome.end
    blank = Answer(text, spec.id, shown=shown, request_hash=digest, cut=outcome.cut)
    if end is None:
        return blank
    usage = end.usage
    spent = {} if usage is None else {"prompt": usage.prompt, "completion": usage.completion}
    return replace(blank, usage=spent, citations=tuple(citation.url for citation in end.citations))
