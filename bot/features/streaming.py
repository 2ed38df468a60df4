"""One stream of a model's answer into a reply, and how it ended."""

import logging
from dataclasses import dataclass

from bot.errors import GatewayError, StoppedByReader
from bot.features.ahead import Reading
from bot.gateway.client import GatewayClient
from bot.gateway.values import ChatEnd, ChatRequest
from bot.reply import Reply
from bot.turn import Turn

log = logging.getLogger("parley.chat")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the stream ended: `end` when it is whole, `fault` when it broke off."""

    end: ChatEnd | None = None
    fault: GatewayError | StoppedByReader | None = None

    @property
    def cut(self) -> bool:
        """The answer is not whole."""
        return self.end is None or self.end.finish == "length"


class Paragraph:
    """What one stream writes into a reply; with `apart` it begins a paragraph of its own there."""

    def __init__(self, reply: Reply, *, apart: bool) -> None:
        self._reply = reply
        self._apart = apart
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """Everything written, without the break before it."""
        return "".join(self._parts)

    @property
    def broken(self) -> Exception | None:
        """What ended the growing of the reply."""
        return self._reply.broken

    def write(self, delta: str) -> None:
        """Add to it; nothing stands on the screen before there is a word."""
        if self._apart:
            delta = delta.lstrip()
            if not delta:
                return
            self._reply.write("\n\n")
            self._apart = False
        self._parts.append(delta)
        self._reply.write(delta)


async def stream(reading: Reading, paragraph: Paragraph, turn: Turn) -> Outcome:
    """Feed the reply until the stream ends, breaks, is stopped, or the reply can take no more."""
    reading.into(paragraph)
    try:
        end = await turn.until_cut(reading.task)
    except (GatewayError, StoppedByReader) as fault:
        return Outcome(fault=fault)
    if isinstance(paragraph.broken, StoppedByReader):
        return Outcome(fault=paragraph.broken)
    if paragraph.broken is not None:
        raise paragraph.broken
    return Outcome(end=end)


def begun(gateway: GatewayClient, request: ChatRequest, early: Reading | None) -> Reading:
    """The stream that was asked for already, if it was asked for this."""
    if early is not None and early.asks(request):
        return early
    if early is not None:
        early.drop()
        log.info("early_request_dropped model=%s", request.model)
    return Reading(gateway, request)
