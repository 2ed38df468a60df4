"""An answer in the words of `/v1/responses`, plain and streamed."""

from collections.abc import Iterator

from tests.fakes.gateway.behaviours import Broken, Json, Source
from tests.fakes.gateway.frames import dump, event
from tests.fakes.gateway.speech import Speech

_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}


class ResponsesFrames:
    """One response; its events are numbered as they are made."""

    def __init__(self, speech: Speech, number: int) -> None:
        self._speech = speech
        self._number = number
        self._sequence = -1

    def opening(self) -> Iterator[bytes]:
        """Created, in progress, the reasoning item, then the message item and its text part."""
        empty = self._response("in_progress", [])
        yield self._event("response.created", {"response": empty})
        yield self._event("response.in_progress", {"response": empty})
        yield from self._item(0, self._reasoning_item())
        item = self._message_item("in_progress") | {"content": []}
        yield self._event("response.output_item.added", {"output_index": 1, "item": item})
        part = {"type": "output_text", "text": "", "annotations": []}
        yield self._event("response.content_part.added", self._place() | {"part": part})

    def piece(self, text: str) -> bytes:
        """A delta of the text."""
        return self._event("response.output_text.delta", self._place() | {"delta": text})

    def closing(self) -> Iterator[bytes]:
        """The rest of the message item, the tool calls, and the last event by the finish reason."""
        speech, answer = self._speech, self._speech.answer
        if answer.refusal:
            yield self._event("response.refusal.delta", self._place() | {"delta": answer.refusal})
        yield self._event("response.output_text.done", self._place() | {"text": speech.content})
        part = self._parts()[0]
        yield self._event("response.content_part.done", self._place() | {"part": part})
        yield self._event("response.output_item.done", {"output_index": 1, "item": self._message_item("completed")})
        for at, call in enumerate(self._calls(), start=2):
            yield from self._call(at, call)
        if speech.finish:
            status = "incomplete" if speech.finish in _REASONS else "completed"
            yield self._event(f"response.{status}", {"response": self.whole()})

    def broken(self, end: Broken) -> bytes:
        """`error` where it is to be named so, else `response.failed`."""
        if end.named:
            return self._event("error", {"code": end.fail.code, "message": end.fail.message, "param": end.fail.param})
        failed = dict(self._response("failed", [])) | {"error": {"code": end.fail.code, "message": end.fail.message}}
        return self._event("response.failed", {"response": failed})

    def whole(self) -> Json:
        """The `response` object."""
        speech = self._speech
        status = "incomplete" if speech.finish in _REASONS else "completed"
        return self._response(status, [self._reasoning_item(), self._message_item(status), *self._calls()])

    def _place(self) -> dict[str, object]:
        return {"item_id": f"msg_{self._number}", "output_index": 1, "content_index": 0}

    def _response(self, status: str, output: list[Json]) -> Json:
        speech = self._speech
        reason = _REASONS.get(speech.finish or "") if status == "incomplete" else None
        body: dict[str, object] = {"id": f"resp_{self._number}", "object": "response", "created_at": 1_795_000_000}
        body |= {"status": status, "model": speech.model, "output": output, "error": None}
        body["incomplete_details"] = {"reason": reason} if reason else None
        body["usage"] = _usage(speech) if output and speech.answer.usage != "missing" else None
        return body

    def _reasoning_item(self) -> Json:
        speech = self._speech
        summary = [{"type": "summary_text", "text": speech.thought}] if speech.thought else []
        return {"type": "reasoning", "id": f"rs_{self._number}", "summary": summary}

    def _message_item(self, status: str) -> dict[str, object]:
        head: dict[str, object] = {"type": "message", "id": f"msg_{self._number}", "role": "assistant"}
        return head | {"status": status, "content": self._parts()}

    def _parts(self) -> list[Json]:
        speech, answer = self._speech, self._speech.answer
        if answer.refusal:
            return [{"type": "refusal", "refusal": answer.refusal}]
        notes = [_annotation(source) for source in answer.citations]
        return [{"type": "output_text", "text": speech.content, "annotations": notes}]

    def _calls(self) -> list[Json]:
        return [
            {"type": "function_call", "id": f"fc_{call.id}", "call_id": call.id, "name": call.name}
            | {"arguments": call.arguments, "status": "completed", **call.more}
            for call in self._speech.answer.tool_calls
        ]

    def _item(self, at: int, item: Json) -> Iterator[bytes]:
        yield self._event("response.output_item.added", {"output_index": at, "item": dict(item) | {"summary": []}})
        if self._speech.thought:
            where = {"item_id": item["id"], "output_index": at, "summary_index": 0}
            yield self._event("response.reasoning_summary_text.delta", where | {"delta": self._speech.thought})
        yield self._event("response.output_item.done", {"output_index": at, "item": item})

    def _call(self, at: int, call: Json) -> Iterator[bytes]:
        where = {"item_id": call["id"], "output_index": at}
        yield self._event("response.output_item.added", {"output_index": at, "item": dict(call) | {"arguments": ""}})
        yield self._event("response.function_call_arguments.delta", where | {"delta": call["arguments"]})
        yield self._event("response.function_call_arguments.done", where | {"arguments": call["arguments"]})
        yield self._event("response.output_item.done", {"output_index": at, "item": call})

    def _event(self, kind: str, more: Json) -> bytes:
        self._sequence += 1
        body = {"type": kind, "sequence_number": self._sequence} | dict(more)
        return event(dump(body), self._speech.answer, kind)


def _annotation(source: Source) -> Json:
    range_ = {} if source.start is None else {"start_index": source.start, "end_index": source.end}
    return {"type": "url_citation", "url": source.url, "title": source.title, **range_}


def _usage(speech: Speech) -> Json:
    return {
        "input_tokens": speech.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": speech.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": speech.reasoning_tokens},
        "total_tokens": speech.prompt_tokens + speech.completion_tokens,
    }
