"""A refusal means the same in every dialect, and what it says never reaches anybody unwashed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import (
    ContentRefused,
    ContextTooLong,
    GatewayBusy,
    GatewayError,
    GatewayGarbled,
    GatewayRejected,
    GatewayUnreachable,
    ModelUnavailable,
)
from bot.gateway.blame import Cleaner, translate
from bot.gateway.faults import Fault, Hints, Kind, hidden, refusal, stranger

NO_HINTS = Hints()


def openai(message: str = "no", **fields: object) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | fields}


def read(status: int, body: object) -> Fault:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return refusal(status, raw, NO_HINTS)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, openai("nope"), Kind.TOKEN),
        (401, b"", Kind.TOKEN),
        (403, openai("x", code="invalid_api_key"), Kind.TOKEN),
        (400, openai("无效的令牌"), Kind.TOKEN),
        (403, openai("未提供令牌"), Kind.TOKEN),
        (403, openai("令牌已过期"), Kind.TOKEN),
        (402, openai(), Kind.BALANCE),
        (403, openai(code="insufficient_user_quota"), Kind.BALANCE),
        (403, openai(code="pre_consume_token_quota_failed"), Kind.BALANCE),
        (429, openai(code="insufficient_quota"), Kind.BALANCE),
        (403, openai("用户额度不足"), Kind.BALANCE),
        (403, openai("预扣费额度失败"), Kind.BALANCE),
        (400, openai("账户余额不足"), Kind.BALANCE),
        (403, openai(code="access_denied"), Kind.FORBIDDEN),
        (403, openai("该令牌无权访问模型 gpt-5"), Kind.FORBIDDEN),
        (404, openai(code="model_not_found"), Kind.MISSING),
        (404, openai("The model `gpt-9` does not exist or you do not have access to it."), Kind.MISSING),
        (503, openai(code="model_not_found"), Kind.NO_CHANNEL),
        (503, openai(code="get_channel_failed"), Kind.NO_CHANNEL),
        (503, openai("当前分组 default 下对于模型 gpt-5 无可用渠道"), Kind.NO_CHANNEL),
        (503, openai("No available channel for model gpt-5"), Kind.NO_CHANNEL),
        (429, openai("slow down", code="rate_limit_exceeded"), Kind.BUSY),
        (429, openai("exceeded your current quota", code=429, status="RESOURCE_EXHAUSTED"), Kind.BUSY),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, Kind.BUSY),
        (500, openai("当前分组上游负载已饱和"), Kind.BUSY),
        (400, openai("请求过于频繁"), Kind.BUSY),
        (408, b"", Kind.BUSY),
        (409, b"", Kind.BUSY),
        (425, b"", Kind.BUSY),
        (500, openai(code="bad_response_status_code"), Kind.TROUBLE),
        (400, openai(code="channel:invalid_key"), Kind.TROUBLE),
        (500, openai(code="do_request_failed"), Kind.TROUBLE),
        (502, b"<html><head><title>502 Bad Gateway</title></head></html>", Kind.TROUBLE),
        (504, b"", Kind.TROUBLE),
        (522, b"error code: 522", Kind.TROUBLE),
        (400, openai(code="context_length_exceeded"), Kind.TOO_LONG),
        (400, openai("This model's maximum context length is 8192 tokens."), Kind.TOO_LONG),
        (400, {"type": "error", "error": {"message": "prompt is too long: 9 > 8"}}, Kind.TOO_LONG),
        (400, openai("输入超过了模型的上下文长度"), Kind.TOO_LONG),
        (413, b"", Kind.TOO_LONG),
        (400, openai(code="content_policy_violation"), Kind.CONTENT),
        (400, openai(code="sensitive_words_detected"), Kind.CONTENT),
        (400, openai(code="unsupported_parameter", param="temperature"), Kind.PARAMETER),
        (422, {"detail": [{"loc": ["body", "temperature"], "msg": "too warm"}]}, Kind.PARAMETER),
        (400, {"object": "error", "message": "bad", "code": 400}, Kind.PARAMETER),
        (400, openai("max_tokens is too large: 5. This model's maximum context length is 4."), Kind.PARAMETER),
        (404, openai("This model is only supported in v1/responses."), Kind.ENDPOINT),
        (400, openai("This is not a chat model"), Kind.ENDPOINT),
        (404, openai("Invalid URL (POST /v1/chat/completions)"), Kind.ENDPOINT),
        (404, b"404 page not found", Kind.REJECTED),
        (403, b"", Kind.REJECTED),
        (405, openai(), Kind.REJECTED),
        (415, openai(), Kind.REJECTED),
        (302, b"", Kind.REJECTED),
    ],
)
def test_a_refusal_has_one_meaning(status: int, body: object, kind: Kind) -> None:
    assert read(status, body).kind is kind


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "told", "type": "new_api_error", "param": "", "code": "x"}},
        {"error": {"message": "told", "type": "upstream_error", "code": 17}},
        {"error": "told"},
        {"message": "told"},
        {"detail": "told"},
        {"detail": [{"loc": ["body", 0], "msg": "told"}]},
        {"object": "error", "message": "told", "code": 400},
        {"type": "error", "error": {"type": "api_error", "message": "told"}},
        {"error": {"code": 429, "message": "told", "status": "RESOURCE_EXHAUSTED"}},
        {"code": "x", "message": "told", "data": None},
        {"code": 400, "msg": "told", "data": None},
        {"code": "x", "message": "told", "request_id": "7"},
        {"base_resp": {"status_code": 1002, "status_msg": "told"}},
        b"told",
    ],
)
def test_every_envelope_gives_up_its_message(body: object) -> None:
    assert read(400, body).message == "told"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (openai("x", code="rate_limit_exceeded"), Kind.BUSY),
        (openai("x", code=429), Kind.BUSY),
        (openai("x", code=401), Kind.TOKEN),
        (openai("x", code="502"), Kind.TROUBLE),
        (openai("x", code=None), Kind.TROUBLE),
        (openai("x", code=400), Kind.PARAMETER),
        (openai("x", param="temperature"), Kind.PARAMETER),
        ({"error": "负载已饱和"}, Kind.BUSY),
        ({"object": "error", "message": "x", "code": 404}, Kind.REJECTED),
        ({"type": "error", "code": "server_error", "message": "x"}, Kind.TROUBLE),
        ({"base_resp": {"status_code": 1000, "status_msg": "x"}, "choices": None}, Kind.TROUBLE),
        ({"base_resp": {"status_code": 1002, "status_msg": "x"}}, Kind.BUSY),
        ({"base_resp": {"status_code": 1004, "status_msg": "x"}}, Kind.TOKEN),
        ({"base_resp": {"status_code": 1008, "status_msg": "x"}}, Kind.BALANCE),
        ({"base_resp": {"status_code": 1027, "status_msg": "x"}}, Kind.CONTENT),
        ({"base_resp": {"status_code": 2013, "status_msg": "x"}}, Kind.PARAMETER),
    ],
)
def test_an_error_inside_a_success_is_found(body: object, kind: Kind) -> None:
    found = hidden(body, NO_HINTS)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{}], "error": None},
        {"base_resp": {"status_code": 0}, "choices": [{}]},
        {"choices": []},
        [],
        None,
        7,
    ],
)
def test_what_is_no_error_is_not_taken_for_one(body: object) -> None:
    assert hidden(body, NO_HINTS) is None


def test_a_success_that_is_no_answer_is_garbled_unless_it_says_why() -> None:
    assert stranger({"choices": []}, NO_HINTS).kind is Kind.GARBLED
    assert stranger({"code": "x", "message": "请求过于频繁", "data": None}, NO_HINTS).kind is Kind.BUSY


def test_the_request_id_moves_out_of_the_message() -> None:
    fault = read(500, openai("upstream broke (request id: 20261122-abc)"))
    assert fault.message == "upstream broke"
    assert fault.hints.request_id == "20261122-abc"


def test_the_request_id_of_the_header_goes_first() -> None:
    raw = json.dumps(openai("broke (request id: two)")).encode()
    assert refusal(500, raw, Hints(request_id="one")).hints.request_id == "one"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.TOKEN, GatewayRejected),
        (Kind.BALANCE, GatewayRejected),
        (Kind.REJECTED, GatewayRejected),
        (Kind.PARAMETER, GatewayRejected),
        (Kind.MISSING, ModelUnavailable),
        (Kind.FORBIDDEN, ModelUnavailable),
        (Kind.NO_CHANNEL, ModelUnavailable),
        (Kind.ENDPOINT, ModelUnavailable),
        (Kind.BUSY, GatewayBusy),
        (Kind.TROUBLE, GatewayBusy),
        (Kind.UNREACHABLE, GatewayUnreachable),
        (Kind.TOO_LONG, ContextTooLong),
        (Kind.CONTENT, ContentRefused),
        (Kind.GARBLED, GatewayGarbled),
    ],
)
def test_every_kind_of_fault_is_an_error_of_the_house(kind: Kind, error: type[GatewayError]) -> None:
    fault = Fault(kind, 499, message="why", said="no", hints=Hints(retry_after=3.0, request_id="r"))
    raised = translate(fault, "gpt-5", Cleaner([]))
    assert type(raised) is error
    assert (raised.model, raised.request_id) == ("gpt-5", "r")
    assert raised.notice.params["model"] == "gpt-5"
    if isinstance(raised, GatewayBusy):
        assert raised.retry_after == 3.0


def test_no_kind_was_forgotten() -> None:
    for kind in Kind:
        assert translate(Fault(kind), "m", Cleaner([])).model == "m"


def test_secrets_are_blotted_out() -> None:
    clean = Cleaner(["tg-secret"], [])
    told = clean("Incorrect key tg-secret, sk-abc***def or Bearer abc.def\nsecond line")
    assert "secret" not in told
    assert "abc" not in told
    assert "\n" not in told


def test_what_the_asker_wrote_is_blotted_out() -> None:
    clean = Cleaner([], ["My neighbour Alice stole the cake yesterday evening.", "Berlin", "so"])
    told = clean("bad input: 'neighbour Alice stole the cake' near Berlin, so there")
    assert "Alice" not in told
    assert "Berlin" not in told
    assert told.startswith("bad input")
    assert told.endswith("so there")


def test_a_filters_text_is_left_out_since_it_names_what_it_found() -> None:
    fault = Fault(Kind.CONTENT, 400, "sensitive_words_detected", message="found: cake")
    assert "cake" not in str(translate(fault, "m", Cleaner([])))


def test_long_texts_are_shortened() -> None:
    assert len(Cleaner([])("x y " * 1000)) < 250


@given(st.text(min_size=13, max_size=60).filter(lambda text: len(" ".join(text.split())) > 12), st.text(max_size=30))
def test_a_whole_echo_never_passes(prompt: str, around: str) -> None:
    one_line = " ".join(prompt.split())
    assert one_line not in Cleaner([], [prompt])(f"{around} {prompt} {around}")


@given(st.integers(300, 599), st.binary(max_size=300))
def test_no_body_is_too_odd_to_be_read(status: int, body: bytes) -> None:
    assert isinstance(translate(refusal(status, body, NO_HINTS), "m", Cleaner([])), GatewayError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "message", "code", "detail", "loc", "base_resp", "msg"]), inner)
    ),
)


@given(st.integers(300, 599), JSON)
def test_no_json_is_too_odd_to_be_read(status: int, body: object) -> None:
    assert isinstance(read(status, body), Fault)
    assert isinstance(stranger(body, NO_HINTS), Fault)
    assert hidden(body, NO_HINTS) is None or hidden(body, NO_HINTS) == hidden(body, NO_HINTS)
