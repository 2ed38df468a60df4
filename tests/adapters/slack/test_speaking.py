"""What people see while an answer is written, and what happens when Slack does not play along."""

import pytest

from adapters.slack.channel import SlackChannel
from adapters.slack.faults import Unsure
from adapters.slack.platform import SlackPlatform
from adapters.slack.values import Keepsake
from bot.contract import Address, Origin, Person, Post, PostId
from bot.errors import ChannelBusy, ChannelError, ChannelGone, PostGone, PostRejected, StoppedByReader
from tests.adapters.host import FakeBudget, FakeHost
from tests.adapters.slack.conftest import ANN, DIRECT, FAST, ROOM, origin_at, settings_for
from tests.fakes.slack import FakeSlack, ShownMessage


def answers(slack: FakeSlack, asked: str) -> list[ShownMessage]:
    return [shown for shown in slack.screen(ROOM, asked) if shown.ts != asked]


def methods(slack: FakeSlack) -> list[str]:
    return [call.method for call in slack.calls if call.method.startswith("chat.")]


def wip(text: str) -> Post:
    return Post(text, final=False, key="a-0")


def whole(text: str) -> Post:
    return Post(text, final=True, key="a-0")


def key(slack: FakeSlack, method: str) -> str:
    return f"slack:{slack.team_id}:{method}"


async def test_an_answer_in_a_thread_is_a_stream_of_three_calls(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    assert answers(slack, asked)[0].streaming
    await thread.edit(post, wip("Paris is"))
    await thread.edit(post, whole("Paris is the capital."))
    (shown,) = answers(slack, asked)
    assert (shown.text, shown.streaming) == ("Paris is the capital.", False)
    assert methods(slack) == ["chat.startStream", "chat.appendStream", "chat.stopStream"]
    assert [call.args.get("markdown_text") for call in slack.calls[-3:]] == ["Paris", " is", " the capital."]


async def test_a_stream_names_the_asker_and_their_own_team(
    slack: FakeSlack, platform: SlackPlatform, asked: str
) -> None:
    state = Keepsake(team=slack.team_id).dump()
    origin = Origin(Address("slack", "E0ORG", ROOM, asked), Person(ANN, "Ann"), asked, state=state)
    await platform.open(origin).send(wip("Paris"))
    (call,) = slack.called("chat.startStream")
    assert (call.args["recipient_user_id"], call.args["recipient_team_id"]) == (ANN, slack.team_id)


async def test_a_direct_message_is_a_post_with_updates(slack: FakeSlack, direct: SlackChannel) -> None:
    post = await direct.send(wip("Paris"))
    await direct.edit(post, wip("Paris is"))
    await direct.edit(post, whole("Paris is the capital."))
    assert [shown.text for shown in slack.screen(DIRECT)] == ["Paris is the capital."]
    assert methods(slack) == ["chat.postMessage", "chat.update", "chat.update"]


async def test_nothing_we_link_to_is_unfurled(slack: FakeSlack, direct: SlackChannel) -> None:
    await direct.send(whole("https://example.com/?q=secret"))
    (call,) = slack.called("chat.postMessage")
    assert call.args["unfurl_links"] is False
    assert call.args["unfurl_media"] is False


async def test_without_a_start_to_spend_only_the_whole_answer_is_posted(
    slack: FakeSlack, host: FakeHost, thread: SlackChannel, asked: str
) -> None:
    host.budgets[key(slack, "chat.startStream")] = FakeBudget(0)
    with pytest.raises(ChannelBusy):
        await thread.send(wip("Paris"))
    await thread.send(whole("Paris."))
    assert methods(slack) == ["chat.postMessage"]
    assert answers(slack, asked)[0].text == "Paris."


async def test_a_start_that_slack_limits_is_no_start(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    slack.fail("chat.startStream", "ratelimited")
    with pytest.raises(ChannelBusy):
        await thread.send(wip("Paris"))
    await thread.send(whole("Paris."))
    assert [shown.text for shown in answers(slack, asked)] == ["Paris."]


@pytest.mark.parametrize("refusal", ["feature_not_enabled", "user_not_found"])
async def test_a_refused_stream_becomes_a_post(
    slack: FakeSlack, thread: SlackChannel, asked: str, refusal: str
) -> None:
    slack.fail("chat.startStream", refusal)
    post = await thread.send(wip("Paris"))
    await thread.edit(post, whole("Paris."))
    assert [shown.text for shown in answers(slack, asked)] == ["Paris."]


async def test_short_budgets_skip_what_is_on_the_way_but_never_the_end(
    slack: FakeSlack, host: FakeHost, thread: SlackChannel, direct: SlackChannel, asked: str
) -> None:
    host.budgets[key(slack, "chat.appendStream")] = FakeBudget(0)
    host.budgets[key(slack, "progress")] = FakeBudget(0)
    posts = [(channel, await channel.send(wip("Paris"))) for channel in (thread, direct)]
    for channel, post in posts:
        await channel.edit(post, wip("Paris is"))
        await channel.edit(post, whole("Paris is it."))
    assert answers(slack, asked)[0].text == slack.screen(DIRECT)[0].text == "Paris is it."
    assert methods(slack) == ["chat.startStream", "chat.postMessage", "chat.stopStream", "chat.update"]


async def test_even_a_short_wait_is_not_worth_it_on_the_way(
    slack: FakeSlack, host: FakeHost, thread: SlackChannel, direct: SlackChannel, asked: str
) -> None:
    for method in ("chat.appendStream", "chat.update"):
        host.budgets[key(slack, method)] = FakeBudget(0, wait_s=0.5)
    for channel in (thread, direct):
        post = await channel.send(wip("Paris"))
        await channel.edit(post, wip("Paris is"))
    assert methods(slack) == ["chat.startStream", "chat.postMessage"]


async def test_a_long_wait_is_not_waited_inside(slack: FakeSlack, host: FakeHost, direct: SlackChannel) -> None:
    post = await direct.send(wip("Paris"))
    host.budgets[key(slack, "chat.update")] = FakeBudget(0, wait_s=7.0)
    with pytest.raises(ChannelBusy) as raised:
        await direct.edit(post, whole("Paris."))
    assert raised.value.retry_after == 7.0
    host.budgets[key(slack, "chat.update")] = FakeBudget(1)
    await direct.edit(post, whole("Paris."))
    assert slack.screen(DIRECT)[0].text == "Paris."


async def test_slacks_own_pause_is_told_and_stops_everybody(
    slack: FakeSlack, host: FakeHost, direct: SlackChannel
) -> None:
    slack.fail("chat.postMessage", retry_after=9)
    with pytest.raises(ChannelBusy) as raised:
        await direct.send(whole("Paris."))
    assert raised.value.retry_after == 9.0
    paused = host.budgets[f"slack:{slack.team_id}:{DIRECT}:chat.postMessage"]
    assert paused.paused == 9.0
    assert slack.screen(DIRECT) == []


async def test_another_final_text_replaces_the_stream(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    post = await thread.send(wip("I think it is Lyon"))
    await thread.edit(post, wip("It is"))
    await thread.edit(post, whole("Paris."))
    assert answers(slack, asked)[0].text == "Paris."
    assert methods(slack) == ["chat.startStream", "chat.stopStream", "chat.update"]


async def test_a_stream_that_ended_by_itself_is_finished_by_an_update(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    slack.clock.advance(301)
    await thread.edit(post, wip("Paris is"))
    await thread.edit(post, wip("Paris is the"))
    await thread.edit(post, whole("Paris is the capital."))
    assert answers(slack, asked)[0].text == "Paris is the capital."
    assert "chat.stopStream" not in methods(slack)


async def test_a_stream_that_ended_just_before_the_end_is_finished_too(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    slack.clock.advance(301)
    await thread.edit(post, whole("Paris."))
    assert answers(slack, asked)[0].text == "Paris."


async def test_the_readers_stop_reaches_us_and_the_note_after_it_is_shown(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    await slack.stop_stream(ANN, ROOM, post)
    with pytest.raises(StoppedByReader):
        await thread.edit(post, wip("Paris is"))
    await thread.edit(post, whole("Paris (stopped)"))
    assert answers(slack, asked)[0].text == "Paris (stopped)"


async def test_the_readers_stop_is_noticed_at_the_end_too(slack: FakeSlack, thread: SlackChannel) -> None:
    post = await thread.send(wip("Paris"))
    await slack.stop_stream(ANN, ROOM, post)
    with pytest.raises(StoppedByReader):
        await thread.edit(post, whole("Paris is the capital."))


@pytest.mark.parametrize("final", [True, False])
async def test_after_a_restart_an_open_stream_is_taken_up(
    slack: FakeSlack, thread: SlackChannel, asked: str, final: bool
) -> None:
    post = await thread.send(wip("Paris"))
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
        channel = reborn.open(origin_at(slack, ROOM, asked, asked))
        await channel.edit(post, Post("Paris is the capital.", final=final, key="a-0"))
        await channel.edit(post, whole("Paris is the capital."))
    (shown,) = answers(slack, asked)
    assert (shown.text, shown.streaming) == ("Paris is the capital.", False)


async def test_after_a_restart_an_ordinary_post_is_taken_up(slack: FakeSlack, direct: SlackChannel) -> None:
    post = await direct.send(wip("Paris"))
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
        await reborn.open(origin_at(slack, DIRECT, None)).edit(post, whole("Paris."))
    assert [shown.text for shown in slack.screen(DIRECT)] == ["Paris."]


async def test_a_mention_cut_in_two_by_the_stream_calls_nobody(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    text = "Hey <!channel> and <@U0BOB>, @here!"
    post = await thread.send(wip(text[:1]))
    for end in range(2, len(text)):
        await thread.edit(post, wip(text[:end]))
    await thread.edit(post, whole(text))
    assert slack.pinged == []
    assert answers(slack, asked)[0].text.replace("\u200b", "") == text
    assert "chat.update" not in methods(slack)


async def test_a_post_that_arrived_unheard_is_found_and_not_doubled(slack: FakeSlack, direct: SlackChannel) -> None:
    slack.fail("chat.postMessage", hang_up=True, after_accept=True)
    post = await direct.send(wip("Paris"))
    await direct.edit(post, whole("Paris."))
    assert [(shown.ts, shown.text) for shown in slack.screen(DIRECT)] == [(post, "Paris.")]
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_stream_that_began_unheard_is_found_and_not_doubled(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    slack.fail("chat.startStream", status=502, after_accept=True)
    post = await thread.send(wip("Paris"))
    await thread.edit(post, wip("Paris is"))
    await thread.edit(post, whole("Paris is it."))
    assert [(shown.ts, shown.text) for shown in answers(slack, asked)] == [(post, "Paris is it.")]


async def test_a_post_that_did_not_arrive_may_be_sent_again(slack: FakeSlack, direct: SlackChannel) -> None:
    slack.fail("chat.postMessage", hang_up=True)
    with pytest.raises(ChannelBusy):
        await direct.send(whole("Paris."))
    assert slack.screen(DIRECT) == []


async def test_a_post_that_nobody_can_look_for_is_not_sent_again(slack: FakeSlack, direct: SlackChannel) -> None:
    slack.fail("chat.postMessage", hang_up=True)
    slack.fail("conversations.history", "missing_scope")
    with pytest.raises(Unsure) as raised:
        await direct.send(whole("Paris."))
    assert not isinstance(raised.value, ChannelBusy)


async def test_an_append_that_may_have_arrived_is_not_repeated(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    slack.fail("chat.appendStream", hang_up=True, after_accept=True)
    await thread.edit(post, wip("Paris is"))
    await thread.edit(post, wip("Paris is the"))
    await thread.edit(post, whole("Paris is the capital."))
    assert answers(slack, asked)[0].text == "Paris is the capital."
    assert len(slack.called("chat.appendStream")) == 1


async def test_an_append_that_is_limited_is_made_up_for(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    post = await thread.send(wip("Paris"))
    slack.fail("chat.appendStream", retry_after=30)
    await thread.edit(post, wip("Paris is"))
    await thread.edit(post, whole("Paris is it."))
    assert answers(slack, asked)[0].text == "Paris is it."
    assert methods(slack)[-1] == "chat.stopStream"


async def test_an_end_whose_answer_was_lost_can_be_repeated(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    post = await thread.send(wip("Paris"))
    slack.fail("chat.stopStream", hang_up=True, after_accept=True)
    with pytest.raises(ChannelBusy):
        await thread.edit(post, whole("Paris is it."))
    await thread.edit(post, whole("Paris is it."))
    assert [shown.text for shown in answers(slack, asked)] == ["Paris is it."]


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [("is_archived", ChannelGone), ("msg_too_long", PostRejected), ("token_revoked", ChannelGone)],
)
async def test_slacks_refusals_are_told_apart(
    slack: FakeSlack, direct: SlackChannel, refusal: str, kind: type[ChannelError]
) -> None:
    slack.fail("chat.postMessage", refusal)
    with pytest.raises(kind):
        await direct.send(whole("Paris."))


async def test_a_stranger_in_slacks_place_is_no_accident(slack: FakeSlack, direct: SlackChannel) -> None:
    slack.fail("chat.update", status=503, times=2)
    post = await direct.send(wip("Paris"))
    with pytest.raises(ChannelBusy):
        await direct.edit(post, whole("Paris."))


async def test_no_server_is_busy_and_not_an_accident(slack: FakeSlack, host: FakeHost) -> None:
    nowhere = settings_for(slack).model_copy(update={"api_url": "http://127.0.0.1:9/api/"})
    async with SlackPlatform(host, nowhere, FAST) as platform:
        with pytest.raises(ChannelBusy):
            await platform.open(origin_at(slack, DIRECT, None)).send(whole("Paris."))


async def test_a_post_that_somebody_took_away_cannot_be_edited(slack: FakeSlack, direct: SlackChannel) -> None:
    with pytest.raises(PostGone):
        await direct.edit(PostId("1700000000.000100"), whole("Paris."))


async def test_a_stream_is_closed_before_it_is_deleted(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    post = await thread.send(wip("Never"))
    await thread.delete(post)
    assert answers(slack, asked) == []


async def test_the_status_line_is_shown_in_threads_only(
    slack: FakeSlack, thread: SlackChannel, direct: SlackChannel, asked: str
) -> None:
    await thread.typing("is thinking…")
    await direct.typing("is thinking…")
    assert slack.status(ROOM, asked) == "is thinking…"
    assert len(slack.called("assistant.threads.setStatus")) == 1


async def test_a_refused_status_line_disturbs_nobody(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    slack.fail("assistant.threads.setStatus", "missing_scope")
    await thread.typing("is thinking…")
    assert slack.status(ROOM, asked) is None


async def test_a_notice_is_for_the_asker_alone(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    await thread.notify("Try again, <!here>")
    (shown,) = answers(slack, asked)
    assert shown.ephemeral_to == ANN
    assert slack.pinged == []


@pytest.mark.parametrize(("place", "direct_message"), [(ROOM, False), (DIRECT, True)])
async def test_a_commands_question_is_shown_and_answered_below(
    slack: FakeSlack, platform: SlackPlatform, place: str, direct_message: bool
) -> None:
    channel = platform.open(origin_at(slack, place, None))
    origin = await channel.anchor("Where is <!channel> **Rome**?")
    (shown,) = slack.screen(place)
    assert shown.text.replace("\u200b", "") == "question-asked name=Ann question=Where is <!channel> **Rome**? (de-DE)"
    assert origin.message_id == shown.ts
    assert origin.address.thread == (None if direct_message else shown.ts)
    assert (origin.asker, origin.locale) == (Person(ANN, "Ann"), "de-DE")
    await platform.open(origin).send(whole("In Italy."))
    assert slack.screen(place, origin.address.thread)[-1].text == "In Italy."
    assert slack.pinged == []
