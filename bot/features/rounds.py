"""A chat in rounds: the model speaks, calls tools, hears what came of it and goes on, until it calls none."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.errors import (
    BotError,
    ChannelError,
    ChannelGone,
    ContextTooLong,
    FileError,
    GatewayError,
    GatewayGarbled,
    Notice,
    PicturesRefused,
    Refused,
    StoppedByReader,
)
from bot.features.ahead import Reading
from bot.features.carrying import GONE_ON_WITH, carry
from bot.features.reasons import advised
from bot.features.request import RETRY_SHARE, Put, asked
from bot.features.scene import Scene
from bot.features.streaming import Outcome, Paragraph, begun, stream
from bot.features.tools import MOST_CALLS, POSTS_PER_CALL, TABLE, Reach, Use, Yield
from bot.gateway.client import GatewayClient
from bot.gateway.tools import arguments, unknown
from bot.gateway.values import ChatEnd, ChatMessage, ModelSpec, ToolCall, Usage
from bot.made import Called, Made, Wished
from bot.model import Claim

log = logging.getLogger("parley.chat")

_TOO_MANY = f"Not done: no more than {MOST_CALLS} calls are done for one answer."


@dataclass(frozen=True, slots=True)
class Talk:
    """How it went: how the last round ended, what the tools have brought, what all rounds cost.

    `shown` are the refs of the files that the model saw as pictures; `refused` is why it saw none of them.
    """

    outcome: Outcome
    made: Yield
    shown: frozenset[str]
    refused: PicturesRefused | None
    usage: Usage | None


class Rounds:
    """One attempt at a talk. Each round is kept before its tools are used, and each tool keeps what it makes."""

    def __init__(
        self, scene: Scene, gateway: GatewayClient, spec: ModelSpec, put: Put, early: Reading | None = None
    ) -> None:
        self._scene = scene
        self._gateway = gateway
        self._spec = spec
        self._put = put
        self._tools = put.tools
        self._early = early
        self._made = Yield()
        self._calls = 0
        self._on_screen = scene.claim.partial
        """What stands there already and belongs to the round that is still to come."""
        self._spoken = bool(scene.claim.partial.strip())
        self._shown: frozenset[str] = frozenset()
        self._refused: PicturesRefused | None = None
        self._usage: Usage | None = None

    async def talk(self) -> Talk:
        """Go through all rounds; what was said and made in an earlier attempt is not asked for again."""
        try:
            outcome = await self._go(await self._past())
        except StoppedByReader as stop:
            outcome = Outcome(fault=stop)
        return Talk(outcome, self._made, self._shown, self._refused, self._usage)

    async def _go(self, past: Mapping[str, Made]) -> Outcome:
        number = 0
        while True:
            name = self._name(number)
            kept = past.get(name)
            if isinstance(kept, Wished):
                self._recall(kept)
            else:
                if number >= self._scene.kit.defaults.tool_rounds:
                    self._put = replace(self._put, tools=())
                outcome, said = await self._heard()
                if outcome.end is None or not outcome.end.calls or not self._put.tools:
                    return outcome
                kept = Wished(said, tuple(self._called(outcome.end.calls)), outcome.end.reasoning)
                await self._scene.turn.keep(name, kept)
            await self._follow(kept)
            number += 1

    async def _past(self) -> Mapping[str, Made]:
        """What this turn has made already, where it can have made anything: a first run need not ask."""
        claim, turn = self._scene.claim, self._scene.turn
        if claim.tries == 1 and not claim.revision:
            return {}
        if claim.partial:
            await carry(turn, claim.revision - 1, GONE_ON_WITH)
        return await turn.made()

    def _name(self, number: int) -> str:
        """Of the request for a round. After an edit of the question or with another model it is another request."""
        claim = self._scene.claim
        asked = [(each.text, [file.ref for file in each.attachments]) for each in claim.questions]
        digest = hashlib.sha256(repr((self._spec.id, asked)).encode(errors="replace")).hexdigest()[:16]
        return f"round-{claim.revision}-{number}-{digest}"

    def _recall(self, kept: Wished) -> None:
        """Say again what an earlier attempt has heard, unless it stands there."""
        text, there = kept.text, self._on_screen
        if there.startswith(text):
            self._on_screen = there.removeprefix(text).removeprefix("\n\n") if text else there
        else:
            self._paragraph().write(text.removeprefix(there))
            self._on_screen = ""
        self._spoken = self._spoken or bool(text.strip())

    async def _heard(self) -> tuple[Outcome, str]:
        """The next round and what was said in it, asked for otherwise where it is refused as it stands."""
        outcome, paragraph = await self._once()
        while not paragraph.text and self._otherwise(outcome):
            outcome, paragraph = await self._once()
        if isinstance(outcome.fault, GatewayGarbled) and self._put.talk and not paragraph.text:
            outcome = Outcome(end=ChatEnd("stop"))  # it has nothing to add to what its tools have made
        said, self._on_screen = self._on_screen + paragraph.text, ""
        self._spoken = self._spoken or bool(said.strip())
        return outcome, said

    async def _once(self) -> tuple[Outcome, Paragraph]:
        scene, put = self._scene, replace(self._put, partial=self._on_screen)
        what = asked(scene.kit, scene.claim, self._spec, put)
        self._shown, early, self._early = what.shown, self._early, None
        paragraph = self._paragraph()
        outcome = await stream(begun(self._gateway, what.request, early), paragraph, scene.turn)
        self._usage = _sum(self._usage, outcome.end.usage if outcome.end else None)
        return outcome, paragraph

    def _paragraph(self) -> Paragraph:
        return Paragraph(self._scene.reply, apart=self._spoken and not self._on_screen)

    def _otherwise(self, outcome: Outcome) -> bool:
        """Put the question otherwise, once for each reason; False where there is no other way."""
        if isinstance(outcome.fault, ContextTooLong) and self._put.share > RETRY_SHARE:
            self._put = replace(self._put, share=RETRY_SHARE)
            return True
        if isinstance(outcome.fault, PicturesRefused) and self._put.pictures and worded(self._scene.claim):
            self._refused, self._put = outcome.fault, replace(self._put, pictures={})
            return True
        return False

    async def _follow(self, kept: Wished) -> None:
        """Do what the model has called for, and let it know what came of it."""
        calls = tuple(ToolCall(call.id, call.name, call.arguments, call.more) for call in kept.calls)
        said = [ChatMessage("assistant", kept.text, calls=calls, reasoning=kept.thought)]
        for call in calls:
            said.append(ChatMessage("tool", await self._done(call), call_id=call.id))
        self._put = replace(self._put, talk=(*self._put.talk, *said))

    async def _done(self, call: ToolCall) -> str:
        if self._scene.reply.broken is not None:
            raise self._scene.reply.broken
        number, self._calls = self._calls, self._calls + 1
        if number >= MOST_CALLS:
            return _TOO_MANY
        reach = TABLE.get(call.name)
        if reach is None or reach.tool not in self._tools:
            return unknown(call, self._tools)
        given = arguments(call, reach.tool)
        if isinstance(given, str):
            return given
        try:
            return await reach.run(Use(self._scene, given, number * POSTS_PER_CALL, self._made))
        except (StoppedByReader, ChannelGone):
            raise
        except (Refused, GatewayError, FileError, ChannelError) as error:
            return self._failed(reach, error)

    def _called(self, calls: Sequence[ToolCall]) -> Iterator[Called]:
        """Under ids that no earlier round has: some models count anew in each, and hosts refuse that."""
        used = {call.id for message in self._put.talk for call in message.calls}
        for call in calls:
            fresh = f"{call.id}-{len(self._put.talk)}" if call.id in used else call.id
            yield Called(fresh, call.name, call.arguments, call.more)

    def _failed(self, reach: Reach, error: BotError) -> str:
        log.warning(
            "tool_failed turn=%s tool=%s kind=%s", self._scene.claim.turn, reach.tool.name, type(error).__name__
        )
        told = advised(self._scene.kit, self._scene.claim, error.notice, reach.craft)
        why = self._scene.kit.words.say(told, self._scene.claim.origin.locale)
        self._made.notes.append(Notice("tool-failed", {"what": self._scene.say(reach.doing), "why": why}))
        return f"It failed, and people were told why: {why}"


def worded(claim: Claim) -> bool:
    """There are words in what is asked."""
    return any(question.text.strip() for question in claim.questions)


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(
        one.prompt + other.prompt,
        one.completion + other.completion,
        one.reasoning + other.reasoning,
        one.cached + other.cached,
    )
