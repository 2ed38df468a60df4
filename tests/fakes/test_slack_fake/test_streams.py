"""Native streams through the real AsyncWebClient, and what ends them."""

from collections.abc import Awaitable, Callable

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from tests.fakes.slack import FakeSlack
from tests.fakes.test_slack_fake.places import ANN, BOB, DIRECT, GENERAL, refusal

Start = Callable[..., Awaitable[AsyncSlackResponse]]


@pytest.fixture
async def question(slack: FakeSlack) -> str:
    """The message under which the streams of these tests answer."""
    return await slack.say(ANN, GENERAL, "why?")


@pytest.fixture
def start(slack: FakeSlack, web: AsyncWebClient, question: str) -> Start:
    """chat.startStream, complete unless a test changes something."""
    complete = {
        "channel": GENERAL,
        "thread_ts": question,
        "recipient_user_id": ANN,
        "recipient_team_id": slack.team_id,
    }

    async def begin(**changed: object) -> AsyncSlackResponse:
        body = {name: value for name, value in {**complete, **changed}.items() if value is not None}
        return await web.api_call("chat.startStream", json=body)

    return begin


async def test_a_stream_grows_on_the_screen_until_it_stops(
    slack: FakeSlack, web: AsyncWebClient, start: Start, question: str
) -> None:
    ts = (await start(markdown_text="**be"))["ts"]
    await web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="cause**")
    shown = slack.screen(GENERAL, question)[-1]
    assert (shown.text, shown.streaming, shown.ts) == ("**because**", True, ts)
    feedback = {
        "type": "feedback_buttons",
        "action_id": "rate",
        "positive_button": _side("👍"),
        "negative_button": _side("👎"),
    }
    buttons = {"type": "context_actions", "elements": [feedback]}
    metadata = {"event_type": "parley_post", "event_payload": {"key": "k-1"}}
    await web.chat_stopStream(channel=GENERAL, ts=ts, markdown_text="!", blocks=[buttons], metadata=metadata)
    shown = slack.screen(GENERAL, question)[-1]
    assert (shown.text, shown.streaming, shown.buttons) == ("**because**!", False, ("👍", "👎"))
    thread = await web.conversations_replies(channel=GENERAL, ts=question, include_all_metadata=True)
    assert (thread["messages"][-1]["text"], thread["messages"][-1]["metadata"]) == ("*because*!", metadata)


def _side(label: str) -> dict[str, object]:
    return {"text": {"type": "plain_text", "text": label}, "value": label}


async def test_the_sdks_own_stream_helper_works(slack: FakeSlack, web: AsyncWebClient, question: str) -> None:
    stream = await web.chat_stream(
        channel=GENERAL, thread_ts=question, recipient_user_id=ANN, recipient_team_id=slack.team_id, buffer_size=4
    )
    for piece in ("be", "cau", "se"):
        await stream.append(markdown_text=piece)
    await stream.stop()
    shown = slack.screen(GENERAL, question)[-1]
    assert (shown.text, shown.streaming) == ("because", False)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"recipient_user_id": "U0NOBODY01"}, "user_not_found"),
        ({"recipient_team_id": "T0OTHER001"}, "team_not_found"),
        ({"thread_ts": None}, "invalid_arguments"),
        ({"thread_ts": "1700000000.000001"}, "thread_not_found"),
        ({"channel": "C0NOWHERE1"}, "channel_not_found"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"markdown_text": "x", "chunks": []}, "cannot_provide_both_markdown_text_and_chunks"),
        ({"chunks": [{"type": "dance"}]}, "invalid_chunks"),
        ({"chunks": "soon"}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "x" * 257}]}, "invalid_chunks"),
    ],
)
async def test_a_wrong_start_shows_nothing(
    slack: FakeSlack, start: Start, question: str, changed: dict[str, object], error: str
) -> None:
    assert await refusal(start(**changed)) == error
    assert len(slack.screen(GENERAL, question)) == 1


async def test_a_direct_message_needs_no_recipient(slack: FakeSlack, start: Start) -> None:
    question = await slack.say(ANN, DIRECT, "why?")
    await start(channel=DIRECT, thread_ts=question, recipient_user_id=None, recipient_team_id=None, markdown_text="so")
    assert slack.screen(DIRECT, question)[-1].text == "so"


async def test_a_stream_to_the_bot_itself_is_an_empty_bubble_until_it_stops(
    slack: FakeSlack, web: AsyncWebClient, start: Start, question: str
) -> None:
    ts = (await start(markdown_text="x", recipient_user_id=slack.bot_user_id))["ts"]
    assert slack.screen(GENERAL, question)[-1].text == ""
    await web.chat_stopStream(channel=GENERAL, ts=ts)
    assert slack.screen(GENERAL, question)[-1].text == "x"


async def test_a_streams_state_can_be_read(slack: FakeSlack, web: AsyncWebClient, start: Start, question: str) -> None:
    ts = (await start(markdown_text="x"))["ts"]
    states = []
    for stop in (False, True):
        if stop:
            await web.chat_stopStream(channel=GENERAL, ts=ts)
        thread = (await web.conversations_replies(channel=GENERAL, ts=question))["messages"]
        states.append([message.get("streaming_state") for message in thread])
    assert states == [[None, "in_progress"], [None, "completed"]]


async def test_the_whole_stream_holds_12000_characters(
    slack: FakeSlack, web: AsyncWebClient, start: Start, question: str
) -> None:
    ts = (await start(markdown_text="x" * 11_990))["ts"]
    await web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="😀" * 5)
    assert await refusal(web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="y")) == "msg_too_long"
    assert await refusal(web.chat_stopStream(channel=GENERAL, ts=ts, markdown_text="y")) == "msg_too_long"
    assert slack.screen(GENERAL, question)[-1].streaming
    await web.chat_stopStream(channel=GENERAL, ts=ts)
    assert slack.screen(GENERAL, question)[-1].text.endswith("😀")


async def test_an_append_without_words_is_refused(web: AsyncWebClient, start: Start) -> None:
    ts = (await start())["ts"]
    assert await refusal(web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="")) == "no_text"


async def test_a_stream_keeps_the_shape_of_its_first_words(web: AsyncWebClient, start: Start) -> None:
    chunk = {"type": "markdown_text", "text": "x"}
    words = (await start(markdown_text="x"))["ts"]
    assert await refusal(web.chat_appendStream(channel=GENERAL, ts=words, chunks=[chunk])) == "streaming_mode_mismatch"
    chunks = (await start(chunks=[chunk]))["ts"]
    call = web.chat_appendStream(channel=GENERAL, ts=chunks, markdown_text="x")
    assert await refusal(call) == "streaming_mode_mismatch"


async def test_chunks_carry_words_and_tasks(slack: FakeSlack, start: Start, question: str) -> None:
    task = {"type": "task_update", "id": "1", "title": "Drawing", "status": "in_progress"}
    await start(chunks=[task, {"type": "markdown_text", "text": "soon"}])
    shown = slack.screen(GENERAL, question)[-1]
    assert (shown.text, shown.tasks) == ("soon", ("Drawing",))


async def test_a_streaming_message_cannot_be_updated(
    slack: FakeSlack, web: AsyncWebClient, start: Start, question: str
) -> None:
    ts = (await start(markdown_text="x"))["ts"]
    assert await refusal(web.chat_update(channel=GENERAL, ts=ts, text="y")) == "streaming_state_conflict"
    await web.chat_stopStream(channel=GENERAL, ts=ts)
    await web.chat_update(channel=GENERAL, ts=ts, markdown_text="the whole")
    assert slack.screen(GENERAL, question)[-1].text == "the whole"


async def test_a_stream_dies_after_five_minutes_although_it_is_fed(
    slack: FakeSlack, web: AsyncWebClient, start: Start, question: str
) -> None:
    ts = (await start(markdown_text="x"))["ts"]
    slack.clock.advance(295)
    await web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="y")
    slack.clock.advance(5)
    gone = "message_not_in_streaming_state"
    assert await refusal(web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="z")) == gone
    assert await refusal(web.chat_stopStream(channel=GENERAL, ts=ts)) == gone
    shown = slack.screen(GENERAL, question)[-1]
    assert (shown.text, shown.streaming) == ("xy", False)
    await web.chat_update(channel=GENERAL, ts=ts, text="xyz")
    assert slack.screen(GENERAL, question)[-1].text == "xyz"


async def test_a_stopped_or_plain_message_takes_no_more(slack: FakeSlack, web: AsyncWebClient, start: Start) -> None:
    gone = "message_not_in_streaming_state"
    stopped = (await start(markdown_text="x"))["ts"]
    await web.chat_stopStream(channel=GENERAL, ts=stopped)
    assert await refusal(web.chat_stopStream(channel=GENERAL, ts=stopped)) == gone
    plain = (await web.chat_postMessage(channel=GENERAL, text="x"))["ts"]
    assert await refusal(web.chat_appendStream(channel=GENERAL, ts=plain, markdown_text="x")) == gone
    foreign = await slack.say(BOB, GENERAL, "x")
    call = web.chat_appendStream(channel=GENERAL, ts=foreign, markdown_text="x")
    assert await refusal(call) == "message_not_owned_by_app"


async def test_a_person_can_stop_a_stream(slack: FakeSlack, web: AsyncWebClient, start: Start, question: str) -> None:
    ts = (await start(markdown_text="too much"))["ts"]
    await slack.stop_stream(ANN, GENERAL, ts)
    assert await refusal(web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="!")) == "stopped_by_user"
    assert await refusal(web.chat_stopStream(channel=GENERAL, ts=ts)) == "stopped_by_user"
    shown = slack.screen(GENERAL, question)[-1]
    assert (shown.text, shown.streaming) == ("too much", False)


async def test_a_mention_split_over_two_appends_pings(slack: FakeSlack, web: AsyncWebClient, start: Start) -> None:
    ts = (await start(markdown_text="hey <!chan"))["ts"]
    assert slack.pinged == []
    await web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="nel>")
    await web.chat_appendStream(channel=GENERAL, ts=ts, markdown_text="!")
    assert [ping.mention for ping in slack.pinged] == ["<!channel>"]
