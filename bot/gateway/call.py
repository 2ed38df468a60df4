"""One logical call to a chat model over all its tries: what is sent next, and what a fault changes about it; pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.gateway.catalogue import CHAT, RESPONSES
from bot.gateway.faults import Fault, Kind
from bot.gateway.lessons import Taught, lasting, lesson_of
from bot.gateway.responses import responses_body
from bot.gateway.retry import Tries
from bot.gateway.sight import of_pictures
from bot.gateway.values import ChatRequest, Lesson, ModelSpec
from bot.gateway.wire import chat_body, offers_tools

_CORRECTIONS: Final = 3
_LEAST_CAP: Final = 256
_OTHER: Final = {CHAT: RESPONSES, RESPONSES: CHAT}


class Call:
    """The state of a call. `lessons` are those that its last repeat rests on: they count once that one succeeds."""

    def __init__(self, request: ChatRequest, spec: ModelSpec, wire_id: str, taught: Taught, tries: Tries) -> None:
        self.spec = spec
        self.lessons: list[Lesson] = []
        self.spoken = False
        self.tries = tries
        self._request = request
        self._wire_id = wire_id
        self._taught = taught
        self._corrections = 0
        self._switched = False
        self._cheaper = False
        forced = isinstance(spec.more.get("endpoint"), str)
        self._forced = forced
        self.path = spec.endpoint if forced or taught.endpoint not in _OTHER else str(taught.endpoint)

    @property
    def request(self) -> ChatRequest:
        """The request as it was asked, or with a smaller cap."""
        return self._request

    @property
    def streams(self) -> bool:
        """Whether the next try asks for a stream: the operator's word, else the catalogue's and what was learned."""
        forced = self.spec.more.get("stream")
        if isinstance(forced, bool):
            return forced
        return self.spec.streaming and self._taught.streams

    @property
    def toolless(self) -> bool:
        """Tools are asked for, but this model is not offered any."""
        return bool(self._request.tools) and not offers_tools(self._request, self.spec, self._taught)

    @property
    def shows(self) -> bool:
        """There are pictures in it."""
        return any(message.images for message in self._request.messages)

    def written(self) -> Iterator[str]:
        """Every text of the prompt."""
        for message in self._request.messages:
            yield message.text
            yield message.reasoning
            yield from (call.arguments for call in message.calls)

    def body(self) -> dict[str, object]:
        """The body of the next try."""
        make = responses_body if self.path == RESPONSES else chat_body
        return make(self._request, self.spec, self._wire_id, self._taught, stream=self.streams)

    def judge(self, fault: Fault) -> Fault:
        """The fault in the light of the call so far."""
        if self.spoken and fault.kind is Kind.UNREACHABLE:
            return replace(fault, kind=Kind.GARBLED, message=f"cut off: {fault.message}")
        if self.path == RESPONSES and fault.status == 404 and fault.kind is Kind.REJECTED:
            return replace(fault, kind=Kind.ENDPOINT)
        if self.shows and of_pictures(fault):
            return replace(fault, kind=Kind.PICTURES)
        return fault

    def mend(self, fault: Fault) -> float | None:
        """Change the call so that it may pass, and say after how many seconds; None: nothing can be done."""
        if self.spoken:
            return None
        if fault.kind is Kind.ENDPOINT:
            return self._switch()
        if fault.kind is Kind.PARAMETER:
            return self._correct(fault)
        if fault.kind is Kind.BALANCE:
            return self._cheapen(fault)
        return self.tries.wait(fault)

    def _switch(self) -> float | None:
        if self._forced or self._switched:
            return None
        self._switched = True
        self.path = _OTHER.get(self.path, RESPONSES)
        self.lessons.append(Lesson(self.spec.id, "endpoint", self.path))
        return 0.0

    def _correct(self, fault: Fault) -> float | None:
        lesson = lesson_of(fault, self.spec.id, self.body().keys(), self._taught)
        if lesson is None or self._corrections == _CORRECTIONS:
            return None
        if lesson.field == "stream" and isinstance(self.spec.more.get("stream"), bool):
            return None
        self._corrections += 1
        self._taught = self._taught.plus(lesson)
        if lasting(lesson, fault):
            self.lessons.append(lesson)
        return 0.0

    def _cheapen(self, fault: Fault) -> float | None:
        """The gateway reserves the price of the whole cap beforehand: a smaller cap may still be paid for."""
        cap = self._request.options.max_output_tokens
        reserved = "pre_consume" in fault.code or "预扣费" in fault.message
        if not reserved or self._cheaper or cap is None or cap <= _LEAST_CAP:
            return None
        self._cheaper = True
        options = replace(self._request.options, max_output_tokens=max(_LEAST_CAP, cap // 4))
        self._request = replace(self._request, options=options)
        return 0.0
