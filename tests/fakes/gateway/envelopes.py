"""Error bodies in every dialect that a client of such a gateway may meet."""

from collections.abc import Callable, Mapping

from tests.fakes.gateway.behaviours import Dialect, Fail, Json

_TYPES: Mapping[Dialect, str] = {
    "new_api": "new_api_error",
    "one_api": "one_api_error",
    "upstream": "upstream_error",
    "openai_error": "openai_error",
}
_GEMINI_STATUS = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


def envelope(fail: Fail) -> Json:
    """The body that says this failure in its dialect."""
    return _SHAPES.get(fail.dialect, _openai)(fail)


def _message(fail: Fail) -> str:
    return f"{fail.message} (request id: {fail.request_id})" if fail.request_id else fail.message


def _openai(fail: Fail) -> Json:
    kind = _TYPES.get(fail.dialect, fail.type)
    return {"error": {"message": _message(fail), "type": kind, "param": fail.param, "code": fail.code}}


def _gemini(fail: Fail) -> Json:
    status = _GEMINI_STATUS.get(fail.status, "INTERNAL")
    return {"error": {"code": fail.code or fail.status, "message": _message(fail), "status": status}}


def _detail_list(fail: Fail) -> Json:
    return {"detail": [{"loc": ["body", fail.param or "messages"], "msg": _message(fail), "type": "value_error"}]}


_SHAPES: Mapping[Dialect, Callable[[Fail], Json]] = {
    "error_text": lambda fail: {"error": _message(fail)},
    "message": lambda fail: {"message": _message(fail)},
    "detail": lambda fail: {"detail": _message(fail)},
    "detail_list": _detail_list,
    "vllm": lambda fail: {
        "object": "error",
        "message": _message(fail),
        "type": "BadRequestError",
        "param": fail.param,
        "code": fail.code or fail.status,
    },
    "anthropic": lambda fail: {"type": "error", "error": {"type": fail.type, "message": _message(fail)}},
    "gemini": _gemini,
    "task": lambda fail: {"code": str(fail.code or "fail_to_fetch_task"), "message": _message(fail), "data": None},
    "cqtai": lambda fail: {"code": fail.code or fail.status, "msg": _message(fail), "data": None},
    "dashscope": lambda fail: {
        "code": str(fail.code or "InvalidParameter"),
        "message": _message(fail),
        "request_id": fail.request_id or "7574ee8f",
    },
    "minimax": lambda fail: {"base_resp": {"status_code": fail.code or 1013, "status_msg": _message(fail)}},
    "no_choices": lambda fail: {"id": "chatcmpl-0", "object": "chat.completion", "choices": []},
    "null_choices": lambda fail: {"id": "chatcmpl-0", "object": "chat.completion", "choices": None},
}
