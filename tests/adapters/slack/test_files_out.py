"""Posts with files: what people see, and what becomes of them when Slack is slow, refuses, or forgets to answer."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from adapters.slack.shares import FILE_LIMIT, Uploads
from adapters.slack.values import Keepsake
from bot.contract import Address, File, Post, PostId
from bot.errors import ChannelBusy, ChannelGone, PostRejected
from tests.adapters.channel_contract import AGAIN, SOUND, STOP, UNDO, Shelf, png
from tests.adapters.host import FakeBudget, FakeHost
from tests.adapters.slack.conftest import ANN, DIRECT, FAST, ROOM, origin_at, settings_for
from tests.fakes.slack import FakeSlack, ShownMessage


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
async def reborn(slack: FakeSlack) -> AsyncIterator[SlackPlatform]:
    """The process after the restart."""
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as platform:
        yield platform


@pytest.fixture
def again(slack: FakeSlack, reborn: SlackPlatform, asked: str) -> SlackChannel:
    """The same thread, for the process after the restart."""
    return reborn.open(origin_at(slack, ROOM, asked, asked))


def whole(*files: File, text: str = "Here.", key: str = "t7-0", **more: Any) -> Post:
    return Post(text, final=True, key=key, files=files, **more)


def answers(slack: FakeSlack, asked: str) -> list[ShownMessage]:
    return [shown for shown in slack.screen(ROOM, asked) if shown.ts != asked]


def methods(slack: FakeSlack) -> list[str]:
    return [call.method for call in slack.calls if call.method != "auth.test"]


async def test_a_picture_stands_between_the_words_and_the_buttons(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    await thread.send(whole(shelf.picture("t7-0"), text="**Here** it is.", buttons=(AGAIN,)))
    (call,) = slack.called("chat.postMessage")
    assert isinstance(call.args["blocks"], list)
    assert [block["type"] for block in call.args["blocks"]] == ["markdown", "image", "actions"]
    assert methods(slack) == ["files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"]
    assert [file.content for file in answers(slack, asked)[0].files] == [png()]
    (completed,) = slack.called("files.completeUploadExternal")
    assert isinstance(completed.args["files"], list)
    assert completed.args["files"][0]["highlight_type"] == "png"


async def test_a_picture_without_words_is_told_in_words(slack: FakeSlack, direct: SlackChannel, shelf: Shelf) -> None:
    await direct.send(whole(shelf.picture("t7-0", alt="A red <balloon>"), shelf.picture("t7-0", number=1), text=" "))
    (call,) = slack.called("chat.postMessage")
    assert call.args["text"] == "A red &lt;balloon&gt; A red balloon"
    assert [file.alt for file in slack.screen(DIRECT)[0].files] == ["A red <balloon>", "A red balloon"]


async def test_a_picture_that_nobody_has_described_is_called_by_its_name(
    slack: FakeSlack, direct: SlackChannel, shelf: Shelf
) -> None:
    await direct.send(whole(shelf.picture("t7-0", alt="")))
    assert slack.screen(DIRECT)[0].files[0].alt == "t7-0-0.png"


async def test_long_descriptions_are_cut(slack: FakeSlack, direct: SlackChannel, shelf: Shelf) -> None:
    await direct.send(whole(shelf.picture("t7-0", alt="é" * 5_000)))
    (file,) = slack.screen(DIRECT)[0].files
    assert 1_000 < len(file.alt) <= 2_000


async def test_slack_is_given_time_for_a_picture(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    slack.workspace.library.slow_pictures = 3
    await thread.send(whole(shelf.picture("t7-0")))
    assert len(slack.called("chat.postMessage")) == 4
    assert [[file.content for file in shown.files] for shown in answers(slack, asked)] == [[png()]]


async def test_a_picture_that_slack_does_not_get_done_with_is_shared(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, asked: str, shelf: Shelf
) -> None:
    slack.workspace.library.slow_pictures = 99
    post = await thread.send(whole(shelf.picture("t7-0"), text="**Here**", buttons=(AGAIN,)))
    (shown,) = answers(slack, asked)
    assert (shown.ts, shown.text, shown.actions) == (post, "**Here**", (AGAIN.id,))
    assert [(file.content, file.alt) for file in shown.files] == [(png(), "A red balloon")]
    assert dict(await again.find(["t7-0"], ())) == {"t7-0": post}


async def test_a_picture_that_was_refused_once_is_not_tried_again(
    slack: FakeSlack, host: FakeHost, direct: SlackChannel, shelf: Shelf
) -> None:
    slack.workspace.library.slow_pictures = 99
    slack.fail("files.completeUploadExternal")
    slack.fail("files.completeUploadExternal", retry_after=1)
    with pytest.raises(ChannelBusy):
        await direct.send(whole(shelf.picture("t7-0")))
    tried = len(slack.called("chat.postMessage"))
    host.budgets[f"slack:{slack.team_id}:files.completeUploadExternal"].paused = 0.0
    await direct.send(whole(shelf.picture("t7-0")))
    assert len(slack.called("chat.postMessage")) == tried
    assert [[file.content for file in shown.files] for shown in slack.screen(DIRECT)] == [[png()]]


@pytest.mark.parametrize(("media_type", "name"), [("image/webp", "t7-0.webp"), ("image/svg+xml", "t7-0.svg")])
async def test_pictures_of_other_kinds_are_shared(
    slack: FakeSlack, direct: SlackChannel, shelf: Shelf, media_type: str, name: str
) -> None:
    await direct.send(whole(replace(shelf.picture("t7-0"), media_type=media_type, name=name)))
    assert slack.called("chat.postMessage") == []
    assert [file.name for file in slack.screen(DIRECT)[0].files] == [name]


async def test_a_share_begins_with_bare_words_and_gets_its_markdown_and_buttons_at_once(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    await thread.send(whole(shelf.sound("t7-0"), text="**Listen** & <see>", buttons=(AGAIN,)))
    (call,) = slack.called("files.completeUploadExternal")
    assert call.args["initial_comment"] == "**Listen** &amp; &lt;see&gt;"
    (shown,) = answers(slack, asked)
    assert (shown.text, shown.actions) == ("**Listen** & <see>", (AGAIN.id,))
    assert methods(slack)[-1] == "chat.update"


@pytest.mark.parametrize("text", ["Listen.", ""])
async def test_plain_words_need_no_further_call(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf, text: str
) -> None:
    await thread.send(whole(shelf.sound("t7-0"), text=text))
    assert slack.called("chat.update") == []
    assert [(shown.text, len(shown.files)) for shown in answers(slack, asked)] == [(text, 1)]


async def test_a_share_that_cannot_be_dressed_stands_all_the_same(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("chat.update", "cant_update_message")
    post = await thread.send(whole(shelf.sound("t7-0"), buttons=(AGAIN,)))
    assert [(shown.ts, shown.actions) for shown in answers(slack, asked)] == [(post, ())]
    assert "slack_share_left_plain" in caplog.text
    await thread.edit(post, whole(text="Here.", buttons=(AGAIN,)))
    assert answers(slack, asked)[0].actions == (AGAIN.id,)


async def test_a_share_that_comes_late_is_waited_for(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    slack.workspace.library.slow_shares = 3
    post = await thread.send(whole(shelf.sound("t7-0")))
    assert [shown.ts for shown in answers(slack, asked)] == [post]


async def test_a_share_that_comes_very_late_is_not_made_again(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    slack.workspace.library.slow_shares = 6
    post = whole(shelf.sound("t7-0"), buttons=(AGAIN,))
    with pytest.raises(ChannelBusy):
        await thread.send(post)
    post_id = await thread.send(post)
    assert [(shown.ts, shown.actions) for shown in answers(slack, asked)] == [(post_id, (AGAIN.id,))]
    assert slack.server.depot.uploads == 1


@pytest.mark.parametrize("trouble", [{"hang_up": True}, {"status": 502}, {"error": "internal_error"}])
@pytest.mark.parametrize("after_accept", [True, False])
async def test_a_share_whose_fate_is_unknown_is_made_once(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf, trouble: dict[str, Any], after_accept: bool
) -> None:
    slack.fail("files.completeUploadExternal", **trouble, after_accept=after_accept)
    post = whole(shelf.sound("t7-0"))
    if not after_accept:
        with pytest.raises(ChannelBusy):
            await thread.send(post)
    post_id = await thread.send(post)
    assert [shown.ts for shown in answers(slack, asked)] == [post_id]
    assert slack.server.depot.uploads == 1


@pytest.mark.parametrize("method", ["files.completeUploadExternal", "chat.postMessage"])
async def test_a_picture_whose_fate_is_unknown_is_shown_once(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf, method: str
) -> None:
    slack.fail(method, hang_up=True, after_accept=True)
    post = await thread.send(whole(shelf.picture("t7-0")))
    assert [(shown.ts, len(shown.files)) for shown in answers(slack, asked)] == [(post, 1)]


async def test_a_post_that_is_sent_again_uploads_nothing_twice(
    slack: FakeSlack, host: FakeHost, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    slack.fail("chat.postMessage", retry_after=1)
    post = whole(shelf.picture("t7-0"), shelf.picture("t7-0", number=1))
    with pytest.raises(ChannelBusy):
        await thread.send(post)
    host.budgets[f"slack:{slack.team_id}:{ROOM}:chat.postMessage"].paused = 0.0
    await thread.send(post)
    assert slack.server.depot.uploads == 2
    assert [[file.content for file in shown.files] for shown in answers(slack, asked)] == [[png(0), png(1)]]


async def test_a_post_of_the_same_key_with_other_files_shows_these(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    slack.fail("chat.postMessage", "no_text")
    with pytest.raises(PostRejected):
        await thread.send(whole(shelf.picture("t7-0")))
    await thread.send(whole(shelf.picture("t7-0", number=5)))
    assert [[file.content for file in shown.files] for shown in answers(slack, asked)] == [[png(5)]]


@pytest.mark.parametrize("status", [500, 429])
async def test_an_upload_that_fails_is_begun_anew(
    slack: FakeSlack, direct: SlackChannel, shelf: Shelf, status: int
) -> None:
    slack.server.depot.failing.append(status)
    with pytest.raises(ChannelBusy) as raised:
        await direct.send(whole(shelf.sound("t7-0")))
    assert slack.files_host not in str(raised.value)
    await direct.send(whole(shelf.sound("t7-0")))
    assert [file.content for file in slack.screen(DIRECT)[0].files] == [SOUND]


async def test_an_upload_that_is_refused_is_no_post(slack: FakeSlack, direct: SlackChannel, shelf: Shelf) -> None:
    slack.server.depot.failing.append(403)
    with pytest.raises(PostRejected, match="http_403"):
        await direct.send(whole(shelf.sound("t7-0")))


async def test_where_nobody_takes_the_bytes_it_is_busy(slack: FakeSlack, direct: SlackChannel, shelf: Shelf) -> None:
    slack.server.stage.payloads.upload_url = "http://127.0.0.1:9/upload/"
    with pytest.raises(ChannelBusy) as raised:
        await direct.send(whole(shelf.sound("t7-0")))
    assert "127.0.0.1" not in str(raised.value)


async def test_a_large_file_arrives_whole(slack: FakeSlack, direct: SlackChannel, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4_096 + b"end"
    (tmp_path / "film").write_bytes(content)
    await direct.send(whole(File("t7-0.mp4", "video/mp4", len(content), tmp_path / "film")))
    (file,) = slack.screen(DIRECT)[0].files
    assert (file.name, file.mimetype, file.content == content) == ("t7-0.mp4", "video/mp4", True)


@pytest.mark.parametrize("wrong", [{"size": FILE_LIMIT + 1}, {"size": 3}, {"size": 0}, {"path": Path("/nowhere")}])
async def test_a_file_that_is_not_what_it_was_said_to_be_is_refused_before_anything_is_asked(
    slack: FakeSlack, direct: SlackChannel, shelf: Shelf, wrong: dict[str, Any]
) -> None:
    with pytest.raises(PostRejected):
        await direct.send(whole(shelf.picture("t7-0"), replace(shelf.sound("t7-0"), **wrong)))
    assert methods(slack) == []


async def test_files_come_with_a_finished_post_ten_at_most(
    slack: FakeSlack, direct: SlackChannel, shelf: Shelf
) -> None:
    with pytest.raises(PostRejected):
        await direct.send(whole(*[shelf.picture("t7-0")] * 11))
    with pytest.raises(PostRejected):
        await direct.send(replace(whole(shelf.picture("t7-0")), final=False))
    assert slack.screen(DIRECT) == []


@pytest.mark.parametrize("scope", ["files:read", "files:write"])
async def test_a_missing_scope_is_for_the_operator_to_mend(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf, scope: str, caplog: pytest.LogCaptureFixture
) -> None:
    slack.scopes.discard(scope)
    if scope == "files:write":
        with pytest.raises(PostRejected):
            await thread.send(whole(shelf.sound("t7-0")))
        assert answers(slack, asked) == []
    else:
        post = await thread.send(whole(shelf.sound("t7-0")))
        assert [shown.ts for shown in answers(slack, asked)] == [post]
    assert f"slack_scope_missing scope={scope}" in caplog.text
    assert "App Manifest" in caplog.text


@pytest.mark.parametrize("kind", ["picture", "sound"])
async def test_where_we_are_no_member_nothing_is_shown_and_the_operator_told(
    slack: FakeSlack, platform: SlackPlatform, shelf: Shelf, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    slack.channel("C0FOREIGN1", members=(ANN,), bot=False)
    channel = platform.open(origin_at(slack, "C0FOREIGN1", None))
    with pytest.raises(ChannelGone, match="not_in_channel"):
        await channel.send(whole(getattr(shelf, kind)("t7-0")))
    assert "slack_files_not_shown" in caplog.text
    assert "/invite" in caplog.text


async def test_a_command_where_we_are_no_member_is_answered_in_words(
    slack: FakeSlack, platform: SlackPlatform, shelf: Shelf
) -> None:
    slack.channel("C0FOREIGN1", members=(ANN,), bot=False)
    hook = slack.server.responses.give(ANN, slack.workspace.channels["C0FOREIGN1"])
    origin = replace(origin_at(slack, "C0FOREIGN1", None), state=Keepsake(response_url=hook).dump())
    post = await platform.open(origin).send(whole(shelf.sound("t7-0")))
    assert post == "reply-t7-0"
    assert [shown.text for shown in slack.screen("C0FOREIGN1")] == ["Here."]
    with pytest.raises(ChannelGone):
        await platform.open(origin).send(whole(shelf.sound("t7-0"), text=""))


@pytest.mark.parametrize("files", ["picture", "sound"])
@pytest.mark.parametrize("place", [ROOM, DIRECT])
async def test_after_a_restart_an_edit_leaves_the_files(
    slack: FakeSlack, platform: SlackPlatform, reborn: SlackPlatform, shelf: Shelf, files: str, place: str, asked: str
) -> None:
    origin = origin_at(slack, place, asked if place == ROOM else None)
    file = getattr(shelf, files)("t7-0")
    post = await platform.open(origin).send(whole(file, buttons=(STOP,)))
    before = slack.screen(place, origin.address.thread)[-1].files
    channel = reborn.open(origin)
    for text, buttons in (("**There.**", (AGAIN, UNDO)), ("Everywhere.", ())):
        await channel.edit(post, whole(text=text, buttons=buttons))
        shown = slack.screen(place, origin.address.thread)[-1]
        assert (shown.text, shown.actions) == (text, tuple(button.id for button in buttons))
        assert shown.files == before
    assert dict(await channel.find(["t7-0"], ())) == {"t7-0": post}


async def test_pictures_are_known_by_their_blocks_where_their_post_says_nothing_of_them(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, asked: str, shelf: Shelf
) -> None:
    post = await thread.send(whole(shelf.picture("t7-0"), key=""))
    await again.edit(post, whole(text="There."))
    assert [(shown.text, len(shown.files)) for shown in answers(slack, asked)] == [("There.", 1)]


async def test_pictures_are_known_whatever_slack_makes_of_their_blocks(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    post = await thread.send(whole(shelf.picture("t7-0")))
    stored = slack.workspace.channels[ROOM].messages[post]
    for text in ("There.", "Everywhere."):
        stored.blocks = [{**block, "slack_file": {}} if "slack_file" in block else block for block in stored.blocks]
        async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
            await reborn.open(origin_at(slack, ROOM, asked, asked)).edit(post, whole(text=text))
        (shown,) = answers(slack, asked)
        assert (shown.text, [file.alt for file in shown.files]) == (text, ["A red balloon"])


async def test_after_a_restart_a_post_that_cannot_be_read_now_is_not_edited_blindly(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, asked: str, shelf: Shelf
) -> None:
    post = await thread.send(whole(shelf.picture("t7-0")))
    slack.fail("conversations.replies", "fatal_error")
    with pytest.raises(ChannelBusy):
        await again.edit(post, whole(text="There."))
    await again.edit(post, whole(text="There."))
    assert [(shown.text, len(shown.files)) for shown in answers(slack, asked)] == [("There.", 1)]


async def test_without_the_scope_to_read_a_post_of_words_can_still_be_edited(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, asked: str
) -> None:
    post = await thread.send(whole(text="Paris"))
    slack.fail("conversations.replies", "missing_scope")
    await again.edit(post, whole(text="Rome"))
    assert [shown.text for shown in answers(slack, asked)] == ["Rome"]


async def test_the_last_button_of_a_file_without_words_can_be_taken_away(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    post = await thread.send(whole(shelf.sound("t7-0"), text="", buttons=(STOP,)))
    assert answers(slack, asked)[0].actions == (STOP.id,)
    await thread.edit(post, whole(text=""))
    assert [(shown.text, shown.actions, len(shown.files)) for shown in answers(slack, asked)] == [("", (), 1)]


async def test_shares_are_found_by_whole_keys_and_never_taken_for_streams(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, shelf: Shelf
) -> None:
    first = await thread.send(whole(shelf.sound("t7-1"), key="t7-1"))
    second = await thread.send(whole(shelf.sound("t7-10"), key="t7-10"))
    named = await thread.send(whole(replace(shelf.sound("t7-2"), name="parley-t7-2-1.mp3"), key="t7-2"))
    await thread.send(whole(replace(shelf.sound("x"), name="other.mp3"), key="z-0"))
    assert dict(await again.find(["t7-10", "t7-1", "t7-2", "t7-3", "7"], ())) == {
        "t7-1": first,
        "t7-10": second,
        "t7-2": named,
    }
    assert dict(await again.find(["t7-1", "t7-10"], [first])) == {"t7-10": second}
    assert dict(await again.find(["t7-1"], [first])) == {}
    assert dict(await again.find(["7-10"], [first])) == {}


async def test_a_stream_that_an_earlier_process_has_begun_is_not_taken_for_a_picture_in_doubt(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, asked: str, shelf: Shelf
) -> None:
    stream = await thread.send(Post("Paris", final=False, key="t7-0"))
    slack.fail("chat.postMessage", status=500)
    with pytest.raises(ChannelBusy):
        await again.send(whole(shelf.picture("t7-f0"), key="t7-f0"))
    picture = await again.send(whole(shelf.picture("t7-f0"), key="t7-f0"))
    assert [(shown.ts, len(shown.files)) for shown in answers(slack, asked)] == [(stream, 0), (picture, 1)]


async def test_a_short_budget_is_not_waited_for(
    slack: FakeSlack, host: FakeHost, direct: SlackChannel, shelf: Shelf
) -> None:
    host.budgets[f"slack:{slack.team_id}:files.getUploadURLExternal"] = FakeBudget(0, wait_s=7.0)
    with pytest.raises(ChannelBusy) as raised:
        await direct.send(whole(shelf.sound("t7-0")))
    assert raised.value.retry_after == 7.0


def test_posts_that_were_given_up_are_forgotten() -> None:
    uploads, place = Uploads(), Address("slack", "T1", "C1")
    first = uploads.of(place, whole(key="k-0"))
    assert uploads.of(place, whole(key="k-0")) is first
    for number in range(1, 502):
        uploads.of(place, whole(key=f"k-{number}"))
    assert uploads.of(place, whole(key="k-0")) is not first
    assert uploads.of(place, whole(key="")) is not uploads.of(place, whole(key=""))


async def test_a_post_that_was_deleted_takes_its_files_along(
    slack: FakeSlack, thread: SlackChannel, asked: str, shelf: Shelf
) -> None:
    post = await thread.send(whole(shelf.sound("t7-0")))
    await thread.delete(PostId(post))
    assert answers(slack, asked) == []
    post = await thread.send(whole(shelf.sound("t7-0")))
    assert [shown.ts for shown in answers(slack, asked)] == [post]
