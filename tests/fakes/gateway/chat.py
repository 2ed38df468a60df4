"""An answer in the words of `/v1/chat/completions`, plain and streamed."""

import json
from collections.abc import Iterator

from tests.fakes.gateway.behaviours import Broken, Json, Source, ToolCall, Whole
from tests.fakes.gateway.envelopes import envelope
from tests.fakes.gateway.frames import dump, event
from tests.fakes.gateway.speech import Speech

_CREATED = 1_795_000_000
_IN_CONTENT = ("think", "unopened_think")


class ChatFrames:
    """One chat answer."""

    def __init__(self, speech: Speech, number: int) -> None:
        self._speech = speech
        self._id = f"chatcmpl-{number}"

    def opening(self) -> Iterator[bytes]:
        """The role, then the thought in three pieces where it has a field of its own."""
        yield self._chunk({"role": "assistant", "content": ""})
        speech = self._speech
        if speech.thought and speech.thought_in not in _IN_CONTENT:
            size = -(-len(speech.thought) // 3)
            for at in range(0, len(speech.thought), size):
                yield self._chunk(self._thought(speech.thought[at : at + size]))

    def piece(self, text: str) -> bytes:
        """A delta of content."""
        return self._chunk({"content": text})

    def closing(self) -> Iterator[bytes]:
        """Refusal, tool calls, citations, finish reason, usage and `[DONE]`, as far as the answer has them."""
        speech, answer = self._speech, self._speech.answer
        if answer.refusal:
            yield self._chunk({"refusal": answer.refusal})
        for at, call in enumerate(answer.tool_calls):
            yield from self._tool_call(at, call)
        if answer.citations and not answer.citations_on_top:
            yield self._chunk({"annotations": [_annotation(source) for source in answer.citations]})
        if speech.finish:
            yield self._chunk({}, finish=speech.finish)
        if answer.usage == "asked" and speech.count_asked:
            yield self._event({"choices": [], "usage": _usage(speech)})
        if not isinstance(answer.end, Whole) or answer.end.done:
            yield event("[DONE]", answer)

    def broken(self, end: Broken) -> bytes:
        """The error as a data event."""
        return event(dump(envelope(end.fail)), self._speech.answer, "error" if end.named else None)

    def whole(self) -> Json:
        """A `chat.completion`."""
        speech, answer = self._speech, self._speech.answer
        message: dict[str, object] = {"role": "assistant", "content": speech.content or None}
        if answer.refusal:
            message["refusal"] = answer.refusal
        if answer.tool_calls:
            message["tool_calls"] = [_whole_call(call) for call in answer.tool_calls]
        if speech.thought and speech.thought_in not in _IN_CONTENT:
            message |= self._thought(speech.thought)
        if answer.citations and not answer.citations_on_top:
            message["annotations"] = [_annotation(source) for source in answer.citations]
        body = self._head("chat.completion") | self._on_top()
        body["choices"] = [{"index": 0, "message": message, "finish_reason": speech.finish}]
        return body if answer.usage == "missing" else body | {"usage": _usage(speech)}

    def _head(self, kind: str) -> dict[str, object]:
        return {"id": self._id, "object": kind, "created": _CREATED, "model": self._speech.model}

    def _on_top(self) -> dict[str, object]:
        answer = self._speech.answer
        return {"citations": [source.url for source in answer.citations]} if answer.citations_on_top else {}

    def _thought(self, text: str) -> dict[str, object]:
        place = self._speech.thought_in or "reasoning_content"
        if place == "reasoning_details":
            return {place: [{"type": "reasoning.text", "id": "reasoning-text-1", "index": 0, "text": text}]}
        return {place: text}

    def _chunk(self, delta: Json, finish: str | None = None) -> bytes:
        more: dict[str, object] = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        if finish:
            more |= self._on_top()
            if self._speech.answer.usage == "finishing":
                more["usage"] = _usage(self._speech)
        return self._event(more)

    def _event(self, more: Json) -> bytes:
        return event(dump(self._head("chat.completion.chunk") | dict(more)), self._speech.answer)

    def _tool_call(self, at: int, call: ToolCall) -> Iterator[bytes]:
        style = self._speech.answer.calls_as
        if style not in ("split", "no_ids"):
            index = {} if style == "no_index" else {"index": 0 if style == "one_index" else at}
            yield self._chunk({"tool_calls": [index | dict(_whole_call(call))]})
            return
        head = {"index": at} | dict(_whole_call(call)) | {"function": {"name": call.name, "arguments": ""}}
        if style == "no_ids":
            del head["id"]
        yield self._chunk({"tool_calls": [head]})
        half = len(call.arguments) // 2
        for part in (call.arguments[:half], call.arguments[half:]):
            yield self._chunk({"tool_calls": [{"index": at, "function": {"arguments": part}}]})


def _whole_call(call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function, **call.more}


def _annotation(source: Source) -> Json:
    range_ = {} if source.start is None else {"start_index": source.start, "end_index": source.end}
    return {"type": "url_citation", "url_citation": {"url": source.url, "title": source.title, **range_}}


def _usage(speech: Speech) -> Json:
    return {
        "prompt_tokens": speech.prompt_tokens,
        "completion_tokens": speech.completion_tokens,
        "total_tokens": speech.prompt_tokens + speech.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": speech.reasoning_tokens},
    }


def models_list(ids: list[str]) -> str:
    """The body of `GET /v1/models`."""
    data = [{"id": one, "object": "model", "created": 1_626_777_600, "owned_by": "custom"} for one in ids]
    return json.dumps({"object": "list", "data": data, "success": True})
