"""Chat: a question becomes one streamed, remembered answer."""

import hashlib
import logging
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot import prompt
from bot.contract import Channel
from bot.errors import BadOption, ContextTooLong, GatewayError, GatewayGarbled, Notice, StoppedByReader
from bot.features.kit import Kit
from bot.gateway.client import GatewayClient
from bot.gateway.values import ChatDelta, ChatEnd, ChatOptions, ChatRequest, Citation, ModelSpec
from bot.model import Answer, Claim, TurnState
from bot.reply import Reply
from bot.text import closed
from bot.turn import Turn

log = logging.getLogger("parley.chat")

RETRY_SHARE = 0.5
"""How much of the token budget is left to a prompt that the model found too long."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How the stream ended: `end` when it is whole, `fault` when it broke off."""

    end: ChatEnd | None = None
    fault: GatewayError | StoppedByReader | None = None


async def answer(kit: Kit, turn: Turn, channel: Channel) -> None:
    """Answer a claimed turn in its channel. Raises `BotError` when nothing of an answer could be shown."""
    claim = turn.claim
    async with Reply(channel, turn, status=kit.words.text("status-thinking", claim.origin.locale)) as reply:
        if claim.answer is not None:
            await reply.finish(claim.answer)
            await turn.close(TurnState.DONE)
            return
        await _answer_anew(kit, turn, reply)


async def _answer_anew(kit: Kit, turn: Turn, reply: Reply) -> None:
    claim, started = turn.claim, time.monotonic()
    if kit.gateway is None:
        raise BadOption("no-gateway")
    if not any(question.text.strip() for question in claim.questions):
        raise BadOption("nothing-to-read" if _files(claim) else "empty-question")
    spec = kit.model(claim.choice)
    outcome = await _stream(kit.gateway, _request(kit, claim, spec), reply)
    if isinstance(outcome.fault, ContextTooLong) and not reply.text:
        outcome = await _stream(kit.gateway, _request(kit, claim, spec, RETRY_SHARE), reply)
    if not reply.text.strip():
        raise outcome.fault or BadOption("blank-answer", model=spec.id)
    notes = _footnotes(kit, claim, outcome, reply.text)
    text = closed(reply.text) + notes if notes else reply.text
    await turn.answered(_record(reply.text, text, spec, outcome.end))
    await reply.finish(text)
    await turn.close(TurnState.DONE)
    log.info(
        "turn_finished turn=%s conversation=%s model=%s seconds=%.2f whole=%s",
        *(claim.turn, claim.conversation, spec.id, time.monotonic() - started, outcome.fault is None),
    )


async def _stream(gateway: GatewayClient, request: ChatRequest, reply: Reply) -> _Outcome:
    """Feed the reply until the stream ends, breaks, or the reply can take no more."""
    end: ChatEnd | None = None
    try:
        async with aclosing(gateway.chat(request)) as events:
            async for event in events:
                if isinstance(event, ChatDelta):
                    reply.write(event.text)
                else:
                    end = event
                if reply.broken is not None:
                    break
    except GatewayError as fault:
        return _Outcome(fault=fault)
    if isinstance(reply.broken, StoppedByReader):
        return _Outcome(fault=reply.broken)
    if reply.broken is not None:
        raise reply.broken
    return _Outcome(end=end)


def _request(kit: Kit, claim: Claim, spec: ModelSpec, share: float = 1.0) -> ChatRequest:
    built = prompt.build(
        claim.window,
        claim.questions,
        persona=kit.persona(claim.choice, claim.origin),
        budget=int(prompt.budget(spec, kit.defaults.history_tokens) * share),
    )
    return ChatRequest(
        model=spec.id,
        messages=built.messages,
        key=f"parley-{claim.turn}-{claim.attempt}-{share}",
        options=ChatOptions(max_output_tokens=kit.defaults.max_output_tokens),
    )


def _footnotes(kit: Kit, claim: Claim, outcome: _Outcome, text: str) -> str:
    """What stands under the answer: its sources, why it is cut, which files were not read."""
    locale = claim.origin.locale
    notes: list[Notice] = []
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


def _files(claim: Claim) -> list[str]:
    return [attachment.name for question in claim.questions for attachment in question.attachments]


def _record(text: str, shown: str, spec: ModelSpec, end: ChatEnd | None) -> Answer:
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]
    blank = Answer(text, spec.id, shown=shown, request_hash=digest)
    if end is None:
        return blank
    usage = end.usage
    spent = {} if usage is None else {"prompt": usage.prompt, "completion": usage.completion}
    return replace(blank, usage=spent, citations=tuple(citation.url for citation in end.citations))
