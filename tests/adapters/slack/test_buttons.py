"""Buttons under our posts: what they cost, how they change, and what a restart makes of them."""

import pytest

from adapters.slack import markup
from adapters.slack.blocks import content, row
from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from bot.contract import Button, Post
from bot.errors import ChannelBusy, PostRejected, StoppedByReader
from tests.adapters.channel_contract import AGAIN, STOP, UNDO
from tests.adapters.host import FakeBudget, FakeHost
from tests.adapters.slack.conftest import ANN, DIRECT, FAST, ROOM, origin_at, settings_for
from tests.fakes.slack import FakeSlack, ShownMessage


def answer(slack: FakeSlack, asked: str) -> ShownMessage:
    return slack.screen(ROOM, asked)[-1]


def methods(slack: FakeSlack) -> list[str]:
    return [call.method for call in slack.calls if call.method != "auth.test"]


def wip(text: str, *buttons: Button) -> Post:
    return Post(text, final=False, key="a-0", buttons=buttons)


def whole(text: str, *buttons: Button) -> Post:
    return Post(text, final=True, key="a-0", buttons=buttons)


async def test_a_short_answer_with_buttons_costs_three_calls(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    await thread.typing("is thinking…")
    post = await thread.send(wip("Paris", STOP))
    assert answer(slack, asked).actions == ()
    await thread.edit(post, whole("Paris.", AGAIN, UNDO))
    shown = answer(slack, asked)
    assert (shown.text, shown.buttons, shown.streaming) == ("Paris.", ("Try again", "Undo"), False)
    assert methods(slack) == ["assistant.threads.setStatus", "chat.startStream", "chat.stopStream"]


async def test_buttons_alone_come_with_the_end_of_a_stream_too(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris."))
    await thread.edit(post, whole("Paris.", AGAIN))
    shown = answer(slack, asked)
    assert (shown.text, shown.actions) == ("Paris.", (AGAIN.id,))
    assert methods(slack) == ["chat.startStream", "chat.stopStream"]


async def test_the_same_final_edit_again_costs_nothing(slack: FakeSlack, thread: SlackChannel) -> None:
    post = await thread.send(wip("Paris"))
    await thread.edit(post, whole("Paris.", AGAIN))
    before = len(slack.calls)
    await thread.edit(post, whole("Paris.", AGAIN))
    assert len(slack.calls) == before


async def test_in_a_direct_message_stop_stands_there_while_the_answer_grows(
    slack: FakeSlack, direct: SlackChannel
) -> None:
    post = await direct.send(wip("Paris", STOP))
    assert slack.screen(DIRECT)[0].actions == (STOP.id,)
    await direct.edit(post, wip("Paris is", STOP))
    assert slack.screen(DIRECT)[0].actions == (STOP.id,)
    await direct.edit(post, whole("Paris is it.", AGAIN))
    (shown,) = slack.screen(DIRECT)
    assert (shown.text, shown.actions) == ("Paris is it.", (AGAIN.id,))
    assert methods(slack) == ["chat.postMessage", "chat.update", "chat.update"]


async def test_a_stop_button_goes_though_the_text_is_whole_already(slack: FakeSlack, direct: SlackChannel) -> None:
    post = await direct.send(wip("Paris.", STOP))
    await direct.edit(post, whole("Paris."))
    assert [(shown.text, shown.actions) for shown in slack.screen(DIRECT)] == [("Paris.", ())]


@pytest.mark.parametrize("buttons", [(), (UNDO,)])
async def test_after_a_restart_the_buttons_of_a_streamed_answer_are_made_right(
    slack: FakeSlack, thread: SlackChannel, asked: str, buttons: tuple[Button, ...]
) -> None:
    post = await thread.send(wip("Paris"))
    await thread.edit(post, whole("Paris.", AGAIN))
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
        await reborn.open(origin_at(slack, ROOM, asked, asked)).edit(post, whole("Paris.", *buttons))
    shown = answer(slack, asked)
    assert (shown.text, shown.actions) == ("Paris.", tuple(button.id for button in buttons))


async def test_after_a_restart_the_buttons_of_a_flat_post_are_made_right_after_one_look(
    slack: FakeSlack, direct: SlackChannel
) -> None:
    post = await direct.send(wip("Paris", STOP))
    before = len(slack.calls)
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
        await reborn.open(origin_at(slack, DIRECT, None)).edit(post, whole("Paris"))
    assert [(shown.text, shown.actions) for shown in slack.screen(DIRECT)] == [("Paris", ())]
    assert [call.method for call in slack.calls[before:]] == ["conversations.history", "chat.update"]


@pytest.mark.parametrize("final", [True, False])
async def test_after_a_restart_an_open_stream_ends_with_its_buttons(
    slack: FakeSlack, thread: SlackChannel, asked: str, final: bool
) -> None:
    post = await thread.send(wip("Paris"))
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
        channel = reborn.open(origin_at(slack, ROOM, asked, asked))
        await channel.edit(post, Post("Paris is", final=final, key="a-0", buttons=(STOP,)))
        assert answer(slack, asked).actions == (STOP.id,)
        await channel.edit(post, whole("Paris is it.", AGAIN))
    shown = answer(slack, asked)
    assert (shown.text, shown.actions, shown.streaming) == ("Paris is it.", (AGAIN.id,), False)


async def test_a_stream_that_died_gets_its_buttons_by_an_update(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    slack.clock.advance(301)
    await thread.edit(post, whole("Paris.", AGAIN))
    shown = answer(slack, asked)
    assert (shown.text, shown.actions) == ("Paris.", (AGAIN.id,))


async def test_a_stream_that_a_reader_stopped_gets_its_buttons(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    await slack.stop_stream(ANN, ROOM, post)
    with pytest.raises(StoppedByReader):
        await thread.edit(post, wip("Paris is"))
    await thread.edit(post, whole("Paris (stopped)", AGAIN))
    shown = answer(slack, asked)
    assert (shown.text, shown.actions) == ("Paris (stopped)", (AGAIN.id,))


async def test_another_final_text_brings_its_buttons(slack: FakeSlack, thread: SlackChannel, asked: str) -> None:
    post = await thread.send(wip("Lyon, or"))
    await thread.edit(post, whole("Paris.", AGAIN))
    shown = answer(slack, asked)
    assert (shown.text, shown.actions) == ("Paris.", (AGAIN.id,))


async def test_an_end_whose_answer_was_lost_shows_its_buttons_once(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("Paris"))
    slack.fail("chat.stopStream", hang_up=True, after_accept=True)
    with pytest.raises(ChannelBusy):
        await thread.edit(post, whole("Paris.", AGAIN))
    await thread.edit(post, whole("Paris.", AGAIN))
    shown = answer(slack, asked)
    assert (shown.text, shown.actions) == ("Paris.", (AGAIN.id,))


async def test_a_refused_stream_becomes_a_post_with_its_button(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    slack.fail("chat.startStream", "feature_not_enabled")
    await thread.send(wip("Paris", STOP))
    assert answer(slack, asked).actions == (STOP.id,)


async def test_a_skipped_edit_leaves_what_stands(slack: FakeSlack, host: FakeHost, direct: SlackChannel) -> None:
    post = await direct.send(wip("Paris", STOP))
    host.budgets[f"slack:{slack.team_id}:progress"] = FakeBudget(0)
    await direct.edit(post, wip("Paris is"))
    assert slack.screen(DIRECT)[0].actions == (STOP.id,)


async def test_the_longest_text_is_updated_whole_with_bare_words_that_fit(
    slack: FakeSlack, direct: SlackChannel
) -> None:
    post = await direct.send(wip("x"))
    await direct.edit(post, whole("<" * 2_750, AGAIN))
    assert slack.screen(DIRECT)[0].text == "<" * 2_750
    (call,) = slack.called("chat.update")
    assert len(str(call.args["text"])) <= 4_000


async def test_neither_words_nor_labels_nor_bare_text_call_anybody(slack: FakeSlack, direct: SlackChannel) -> None:
    loud = Button("again:1", "Ask <!here>")
    post = await direct.send(whole("Hey <!channel> <@U0BOB>", loud))
    await direct.edit(post, whole("Hey <!channel> @everyone", loud))
    assert slack.pinged == []
    assert "<!" not in str(slack.called("chat.update")[0].args["text"])


async def test_a_label_that_is_too_long_is_cut_and_not_refused(slack: FakeSlack, direct: SlackChannel) -> None:
    await direct.send(whole("Paris.", Button("again:1", "\U0001f680" * 75)))
    (label,) = slack.screen(DIRECT)[0].buttons
    assert label.endswith("\U0001f680…")


async def test_a_button_that_slack_refuses_is_a_rejected_post(slack: FakeSlack, direct: SlackChannel) -> None:
    with pytest.raises(PostRejected, match="invalid_blocks"):
        await direct.send(whole("Paris.", AGAIN, AGAIN))


def test_without_buttons_there_is_no_row() -> None:
    assert row(()) == []
    assert content("Paris.", ()) == {"text": "Paris.", "blocks": [{"type": "markdown", "text": "Paris."}]}


def test_bare_words_are_escaped_after_they_were_cut() -> None:
    bare = str(content("&" * 5_000, ())["text"])
    assert markup.measure("&" * 5_000) > 4_000
    assert len(bare) <= 4_000
    assert bare.startswith("&amp;&amp;")
    assert bare.endswith("&amp;…")
