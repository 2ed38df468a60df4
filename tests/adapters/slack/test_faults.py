"""Slack's refusals and the network's, in the house's words."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack import faults
from adapters.slack.fixes import lacking, platform_error
from bot.errors import ChannelBusy, ChannelError, ChannelGone, PostRejected, StoppedByReader


def refusal(error: str | None, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    data = {"ok": False, "error": error} if error else {}
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="x", req_args={}, data=data, headers=headers or {}, status_code=status
    )
    return SlackApiError("no", response)  # type: ignore[no-untyped-call]  # bare in the SDK


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("channel_not_found", ChannelGone),
        ("not_in_channel", ChannelGone),
        ("is_archived", ChannelGone),
        ("token_revoked", ChannelGone),
        ("missing_scope", faults.ScopeMissing),
        ("restricted_action_thread_only_channel", ChannelGone),
        ("thread_not_found", ChannelGone),
        ("ratelimited", ChannelBusy),
        ("service_unavailable", ChannelBusy),
        ("streaming_state_conflict", ChannelBusy),
        ("internal_error", faults.Unsure),
        ("fatal_error", faults.Unsure),
        ("msg_too_long", PostRejected),
        ("no_text", PostRejected),
        ("invalid_blocks", faults.BlocksRefused),
        ("an_error_of_tomorrow", PostRejected),
        ("message_not_found", faults.MessageMissing),
        ("message_not_in_streaming_state", faults.NotStreaming),
        ("missing_recipient_user_id", PostRejected),
        ("stopped_by_user", StoppedByReader),
    ],
)
def test_each_refusal_has_its_kind(code: str, kind: type[ChannelError]) -> None:
    fault = faults.fault_of(refusal(code), "chat.update")
    assert type(fault) is kind
    assert str(fault) == f"chat.update: {code}"


def test_slacks_own_pause_is_kept() -> None:
    fault = faults.fault_of(refusal("ratelimited", 429, {"Retry-After": "17"}), "chat.update")
    assert isinstance(fault, ChannelBusy)
    assert fault.retry_after == 17


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}])
def test_a_pause_without_a_number_is_a_short_one(headers: dict[str, str]) -> None:
    fault = faults.fault_of(refusal("ratelimited", 429, headers), "chat.update")
    assert isinstance(fault, ChannelBusy)
    assert fault.retry_after == 1.0


def test_a_page_in_place_of_an_answer_says_nothing_about_what_was_done() -> None:
    assert isinstance(faults.fault_of(refusal(None, 502), "chat.postMessage"), faults.Unsure)


def test_a_body_that_is_no_json_is_told_by_its_status() -> None:
    class Bare:
        status = 500

    error = SlackApiError("no", Bare())  # type: ignore[no-untyped-call]  # bare in the SDK
    assert faults.code_of(error) == "http_500"


def test_no_connection_means_nothing_was_done() -> None:
    refused = aiohttp.ClientConnectorError(
        aiohttp.client_reqrep.ConnectionKey("h", 1, False, True, None, None, None), OSError()
    )
    assert isinstance(faults.fault_of(refused, "chat.postMessage"), ChannelBusy)
    assert isinstance(faults.fault_of(aiohttp.ServerDisconnectedError(), "chat.postMessage"), faults.Unsure)
    assert isinstance(faults.fault_of(TimeoutError(), "chat.postMessage"), faults.Unsure)


def test_what_may_be_repeated_is_only_busy() -> None:
    assert isinstance(faults.settle(faults.Unsure("x")), ChannelBusy)
    gone = ChannelGone("x")
    assert faults.settle(gone) is gone


@pytest.mark.parametrize(
    ("code", "setting", "said"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN", "xoxb-"),
        ("invalid_auth", "SLACK_APP_TOKEN", "xapp-"),
        ("missing_scope", "SLACK_APP_TOKEN", "connections:write"),
        ("not_allowed_token_type", "SLACK_APP_TOKEN", "another kind of token"),
        ("socket_mode_disabled", "SLACK_APP_TOKEN", "switch Socket Mode on"),
        ("ClientConnectorError", "SLACK_BOT_TOKEN", "SLACK_API_URL"),
    ],
)
def test_the_operator_is_told_what_to_do(code: str, setting: str, said: str) -> None:
    error = platform_error(code, setting)
    assert said in error.fix
    assert code in str(error)


def test_lacking_scopes_are_named() -> None:
    error = lacking(["users:read", "commands"])
    assert "commands, users:read" in str(error)
    assert "reinstall" in error.fix
