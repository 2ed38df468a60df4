"""What the gateway's refusals mean, in whatever dialect they come; pure.

Dialects: OpenAI, new-api and one-api, vLLM and FastAPI, Anthropic, Gemini, DashScope, MiniMax, and the HTML of
proxies. One reading order holds for all: the status that says everything (401, 402), then the code, then the
words (Chinese or English, by the server's language), then the rest of the statuses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.gateway.shapes import Undecodable, parse, rows, table, words


class Kind(Enum):
    """What a fault means for the call."""

    TOKEN = "token"  # noqa: S105 - the name of a fault
    BALANCE = "balance"
    MISSING = "missing"
    FORBIDDEN = "forbidden"
    NO_CHANNEL = "no-channel"
    BUSY = "busy"
    TROUBLE = "trouble"
    UNREACHABLE = "unreachable"
    TOO_LONG = "too-long"
    CONTENT = "content"
    PARAMETER = "parameter"
    PICTURES = "pictures"
    ENDPOINT = "endpoint"
    REJECTED = "rejected"
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True)
class Hints:
    """What the headers of a refusal ask for: seconds to wait, whether to try again, the gateway's id of the call."""

    retry_after: float | None = None
    should_retry: bool | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed try. `message` is the gateway's own text: for the log, shortened and cleaned, never for people.

    `status` is 0 where there was no answer. `said` is the model's own refusal.
    """

    kind: Kind
    status: int = 0
    code: str = ""
    param: str = ""
    message: str = ""
    said: str = ""
    hints: Hints = Hints()


@dataclass(frozen=True, slots=True)
class _Envelope:
    code: str = ""
    type: str = ""
    param: str = ""
    message: str = ""


def refusal(status: int, body: bytes, hints: Hints) -> Fault:
    """The meaning of an answer whose status is not 2xx."""
    try:
        value = parse(body)
    except Undecodable:
        return _fault(status, _Envelope(message=_plain(body)), hints)
    return _fault(status, _envelope(value), hints)


def hidden(value: object, hints: Hints) -> Fault | None:
    """The error that stands in an answer whose status is 200; None where there is none."""
    found = table(value)
    status = _base_status(found)
    if not (found.get("error") or found.get("type") == "error" or found.get("object") == "error" or status):
        return None
    return _fault(200, _envelope(value), hints)


def stranger(value: object, hints: Hints) -> Fault:
    """The meaning of a 200 that is neither an answer nor an error of a known form."""
    envelope = _envelope(value)
    if envelope.message or envelope.code:
        return _fault(200, envelope, hints)
    return Fault(Kind.GARBLED, 200, message="an answer without choices", hints=hints)


def _base_status(found: Mapping[str, object]) -> str:
    status = words(table(found.get("base_resp")).get("status_code"))
    return "" if status == "0" else status


def _envelope(value: object) -> _Envelope:
    found = table(value)
    base_status = _base_status(found)
    if base_status:
        message = words(table(found["base_resp"]).get("status_msg"))
        return _Envelope(code=f"minimax:{base_status}", message=message)
    error = found.get("error")
    if isinstance(error, str) and error:
        return _Envelope(code=words(found.get("code")), message=error)
    inner = table(error) or found
    detail = inner.get("detail")
    if isinstance(detail, list):
        return _validation(detail)
    return _Envelope(
        code=words(inner.get("code")),
        type=words(inner.get("type")) or words(inner.get("status")),
        param=words(inner.get("param")),
        message=words(inner.get("message")) or words(inner.get("msg")) or words(detail),
    )


def _validation(detail: list[object]) -> _Envelope:
    """FastAPI: `[{"loc": ["body", "temperature"], "msg": ...}]`."""
    first = table(detail[0]) if detail else table(None)
    loc = [words(part) for part in rows(first.get("loc"))]
    return _Envelope(param=loc[-1] if loc else "", message="; ".join(words(table(each).get("msg")) for each in detail))


def _plain(body: bytes) -> str:
    text = body[:4000].decode("utf-8", "replace")
    title = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    if title:
        return f"a page titled {title.group(1).strip()}"
    return "a page" if text.lstrip().startswith("<") else text.strip()


_REQUEST_ID: Final = re.compile(r"\s*[(（]\s*request[ _-]?id\s*[:：]\s*([\w.:-]+)\s*[)）]", re.IGNORECASE)


def _fault(status: int, envelope: _Envelope, hints: Hints) -> Fault:
    request_id = hints.request_id
    found = _REQUEST_ID.search(envelope.message)
    if found and not request_id:
        request_id = found.group(1)
    message = _REQUEST_ID.sub("", envelope.message)
    kind = _kind(status, envelope)
    hints = Hints(hints.retry_after, hints.should_retry, request_id)
    return Fault(kind, status, envelope.code or envelope.type, envelope.param, message, hints=hints)


_STATUSES: Final[Mapping[int, Kind]] = {401: Kind.TOKEN, 402: Kind.BALANCE}

_CODES: Final[Mapping[str, Kind]] = {
    code: kind
    for kind, codes in {
        Kind.TOKEN: "invalid_api_key authentication_error unauthenticated minimax:1004 minimax:2049",
        Kind.BALANCE: "insufficient_user_quota pre_consume_token_quota_failed insufficient_quota insufficient_balance "
        "billing_hard_limit_reached billing_not_active arrearage minimax:1008",
        Kind.FORBIDDEN: "access_denied minimax:2061",
        Kind.MISSING: "model_not_found modelnotfound not_found_error not_found",
        Kind.NO_CHANNEL: "get_channel_failed",
        Kind.BUSY: "rate_limit_exceeded rate_limit_error resource_exhausted overloaded_error "
        "requests tokens throttling minimax:1002 minimax:1039 minimax:1041",
        Kind.TROUBLE: "bad_response_status_code do_request_failed empty_response bad_response server_error api_error "
        "internal_error insufficient_system_resource minimax:1000 minimax:1001 minimax:1024 minimax:1033",
        Kind.TOO_LONG: "context_length_exceeded",
        Kind.CONTENT: "content_policy_violation content_filter sensitive_words_detected data_inspection_failed "
        "datainspectionfailed minimax:1026 minimax:1027",
        Kind.PARAMETER: "unsupported_parameter unsupported_value unknown_parameter minimax:2013",
    }.items()
    for code in codes.split()
}

_WORDS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Kind.TOKEN, r"无效的令牌|未提供令牌|令牌已过期|令牌状态不可用|(incorrect|invalid) api key|invalid token\b"),
        (Kind.BALANCE, r"额度不足|预扣费|余额不足|额度已用尽|insufficient balance|credit balance is too low"),
        (Kind.NO_CHANNEL, r"无可用渠道|no available channel"),
        (Kind.FORBIDDEN, r"无权访问|does not have access to (the )?model|no permission to use the model"),
        (Kind.BUSY, r"负载已饱和|请求过于频繁|rate.?limit|too many requests|overloaded"),
        (Kind.PARAMETER, r"max_(completion_)?tokens\W.{0,30}too large|found that support (tool use|image input)"),
        (
            Kind.TOO_LONG,
            r"maximum (context|prompt) length|(prompt|input) is too long|context window|上下文"
            r"|exceeds the maximum number of tokens|range of input length",
        ),
        (Kind.MISSING, r"model[^.]{0,80} does not exist|模型不存在|model not found"),
        (Kind.CONTENT, r"content management policy|敏感词|内容安全"),
    )
)

_ENDPOINT: Final = re.compile(r"v1/responses|not a chat model|invalid url", re.IGNORECASE)

_LEFT_OVER: Final[Mapping[int, Kind]] = dict.fromkeys((408, 409, 425, 429, 529), Kind.BUSY) | dict.fromkeys(
    (500, 502, 503, 504, *range(520, 525)), Kind.TROUBLE
)


def _kind(status: int, envelope: _Envelope) -> Kind:
    if status == 200:
        status = _inner_status(envelope)
    if status in (200, 400, 404) and _ENDPOINT.search(envelope.message):
        return Kind.ENDPOINT
    certain = _STATUSES.get(status) or _by_code(status, envelope) or _by_words(envelope.message)
    return certain or _by_rest(status, envelope)


def _inner_status(envelope: _Envelope) -> int:
    """A 200 may carry the real status as the code of its error."""
    return int(envelope.code) if re.fullmatch(r"[45]\d\d", envelope.code) else 200


def _by_code(status: int, envelope: _Envelope) -> Kind | None:
    for code in (envelope.code.lower(), envelope.type.lower()):
        if code.startswith("channel:"):
            return Kind.TROUBLE
        kind = _CODES.get(code)
        if kind is Kind.MISSING and status == 503:
            return Kind.NO_CHANNEL
        if kind:
            return kind
    return None


def _by_words(message: str) -> Kind | None:
    return next((kind for kind, pattern in _WORDS if pattern.search(message)), None)


def _by_rest(status: int, envelope: _Envelope) -> Kind:
    if status in _LEFT_OVER:
        return _LEFT_OVER[status]
    if status in (400, 422):
        return Kind.PARAMETER
    if status == 413:
        return Kind.TOO_LONG
    if status == 200:
        return Kind.PARAMETER if envelope.param else Kind.TROUBLE
    return Kind.REJECTED
