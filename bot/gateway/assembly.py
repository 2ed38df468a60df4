"""The events of one reply, or the whole of it, become deltas and one end, or the fault that it carries; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot.gateway.calls import Calls
from bot.gateway.faults import Fault, Hints, Kind, hidden, stranger
from bot.gateway.parts import Piece
from bot.gateway.responses import failure, is_response, response_piece
from bot.gateway.shapes import Undecodable, parse, table
from bot.gateway.sse import ServerEvent
from bot.gateway.thought import ThoughtSplitter
from bot.gateway.values import ChatDelta, ChatEnd, Citation, Usage
from bot.gateway.wire import answers, chat_piece

_DONE: Final = "[DONE]"
_GARBLED_IN_A_ROW: Final = 3

_LENGTH: Final = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"}
)
_FILTER: Final = frozenset(
    {"content_filter", "content_filtered", "refusal", "safety", "sensitive", "prohibited_content", "blocklist"}
    | {"spii", "recitation", "image_safety"}
)
_BROKEN: Final[Mapping[str, Kind]] = {
    "insufficient_system_resource": Kind.BUSY,
    "error": Kind.TROUBLE,
    "network_error": Kind.TROUBLE,
    "abort": Kind.TROUBLE,
}


@dataclass(slots=True)
class _Total:
    """What the reply has come to so far."""

    text: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    refusal: str = ""
    finish: str = ""
    model: str = ""
    usage: Usage | None = None
    citations: tuple[Citation, ...] = ()
    calls: Calls = field(default_factory=Calls)


class Assembly:
    """One reply in the making: `take_event` or `take_reply`, then `delta` for what is new, at last `end`.

    It never raises: what went wrong is in `fault`, and what came before it is kept.
    """

    def __init__(self, model: str, hints: Hints, *, hold: bool) -> None:
        self.fault: Fault | None = None
        self.done = False
        self.thoughts = ThoughtSplitter(hold=hold)
        self._model = model
        self._hints = hints
        self._total = _Total()
        self._new_text: list[str] = []
        self._new_reasoning: list[str] = []
        self._undecodable = 0

    @property
    def over(self) -> bool:
        """Nothing that may still come matters."""
        return self.done or self.fault is not None

    @property
    def finished(self) -> bool:
        """The model has said that it is finished; only the count of tokens may still come."""
        return bool(self._total.finish)

    def take_event(self, event: ServerEvent) -> None:
        """One event of a stream."""
        if self.over:
            return
        if event.data.strip() == _DONE:
            self.done = True
            return
        try:
            value = parse(event.data)
        except Undecodable:
            self._skip(event)
            return
        self._undecodable = 0
        self.fault = self._fault_in(event, value)
        if self.fault is None:
            self._add(response_piece(value) if is_response(value) else chat_piece(value))

    def take_reply(self, value: object) -> None:
        """A whole reply that came without a stream."""
        self.done = True
        self.fault = hidden(value, self._hints)
        if self.fault is None and not (answers(value) or is_response(value)):
            self.fault = stranger(value, self._hints)
        if self.fault is None:
            piece = response_piece(value) if is_response(value) else chat_piece(value)
            self._add(replace(piece, finish=piece.finish or "stop"))

    def delta(self) -> ChatDelta | None:
        """What was added since the last call."""
        if not self._new_text and not self._new_reasoning:
            return None
        delta = ChatDelta("".join(self._new_text), "".join(self._new_reasoning))
        self._new_text.clear()
        self._new_reasoning.clear()
        return delta

    def close(self) -> None:
        """No more will come: what was kept back is let go, and the end is judged."""
        self._grow(*self.thoughts.close())
        if self.fault is None:
            self.fault = self._judged()

    def end(self) -> ChatEnd:
        """The end of a whole answer; to be asked for only after `close` and without a fault."""
        total = self._total
        end = ChatEnd("stop", total.usage, self._sources(), total.model or self._model)
        if total.calls:
            return replace(end, finish="tools", calls=total.calls.done(), reasoning="".join(total.thought))
        return replace(end, finish="length") if total.finish.lower() in _LENGTH else end

    def _skip(self, event: ServerEvent) -> None:
        self._undecodable += 1
        if event.name == "error":
            self.fault = Fault(Kind.TROUBLE, 200, message=event.data, hints=self._hints)
        elif self._undecodable == _GARBLED_IN_A_ROW:
            self.fault = self._garbled("three undecodable events in a row")

    def _fault_in(self, event: ServerEvent, value: object) -> Fault | None:
        failed = failure(value)
        found = hidden(failed or value, self._hints)
        if found is None and (event.name == "error" or failed is not None or _is_notice(value)):
            return stranger(value, self._hints)
        return found

    def _add(self, piece: Piece) -> None:
        total = self._total
        if piece.calls and not (piece.whole and total.calls):
            for call in piece.calls:
                total.calls.take(call)
        if not (piece.whole and (total.text or total.thought or total.refusal)):
            self._think(piece.reasoning)
            self._speak(piece.text)
            total.refusal += piece.refusal
        total.finish = piece.finish or total.finish
        total.model = piece.model or total.model
        total.usage = piece.usage or total.usage
        if piece.citations:
            total.citations += tuple(each for each in piece.citations if each not in total.citations)

    def _think(self, reasoning: str) -> None:
        if reasoning:
            self.thoughts.release()
            self._grow("", reasoning)

    def _speak(self, text: str) -> None:
        if text:
            self._grow(*self.thoughts.feed(text))

    def _grow(self, text: str, reasoning: str) -> None:
        if text:
            self._total.text.append(text)
            self._new_text.append(text)
        if reasoning:
            self._total.thought.append(reasoning)
            self._new_reasoning.append(reasoning)

    def _judged(self) -> Fault | None:
        total = self._total
        finish = total.finish.lower()
        if total.refusal:
            return Fault(Kind.CONTENT, 200, code="refusal", said=total.refusal, hints=self._hints)
        if finish in _FILTER:
            return Fault(Kind.CONTENT, 200, code=finish, hints=self._hints)
        if finish in _BROKEN:
            return Fault(_BROKEN[finish], 200, code=finish, hints=self._hints)
        if not finish:
            return self._garbled("cut off: it ended without a finish reason")
        if not (total.calls or finish in _LENGTH or "".join(total.text).strip()):
            return self._garbled("an empty answer")
        return None

    def _garbled(self, message: str) -> Fault:
        return Fault(Kind.GARBLED, 200, message=message, hints=self._hints)

    def _sources(self) -> tuple[Citation, ...]:
        """Places that do not fit the text, or were counted in a text with thought in it, are left out."""
        size = 0 if self.thoughts.tagged else sum(map(len, self._total.text))
        return tuple(
            each if _fits(each, size) else replace(each, start=None, end=None) for each in self._total.citations
        )


def _is_notice(value: object) -> bool:
    """An event that says something, but nothing of an answer: an error without the word."""
    found = table(value)
    known = "choices" in found or "usage" in found or is_response(value)
    return not known and bool(found.keys() & {"code", "msg", "message", "detail"})


def _fits(citation: Citation, size: int) -> bool:
    return citation.start is not None and citation.end is not None and citation.start < citation.end <= size
