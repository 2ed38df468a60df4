"""From the engine to the screen, by the bot's token."""

import asyncio
import time

import pytest

from bot.contract import Address, Origin, Person, Post, PostId
from bot.errors import ChannelBusy, ChannelError, ChannelGone, PostRejected
from tests.adapters.discord.stage import EDIT, SEND, Stage
from tests.adapters.host import FakeBudget
from tests.fakes.discord import Permission

TYPING = "POST /channels/{channel_id}/typing"
GLOBAL = "discord:global"


def post(text: str, *, final: bool = True, key: str = "turn-0") -> Post:
    return Post(text, final, key)


async def test_an_answer_is_a_reply_that_pings_nobody(speaking: Stage) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "capital?")
    await speaking.speech(speaking.origin(message_id=question)).send(post("Paris."))
    shown = speaking.world.screen(speaking.general)[-1]
    assert (shown.content, shown.reply_to) == ("Paris.", question)
    assert speaking.world.pinged == []


async def test_an_answer_to_a_deleted_question_is_still_shown(speaking: Stage) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "capital?")
    await speaking.world.delete(question)
    await speaking.speech(speaking.origin(message_id=question)).send(post("Paris."))
    assert speaking.screen() == ["Paris."]
    assert speaking.made(SEND) == 1


async def test_without_the_right_to_read_history_the_answer_is_no_reply(speaking: Stage) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "capital?")
    speaking.general.bot_permissions = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
    await speaking.speech(speaking.origin(message_id=question)).send(post("Paris."))
    assert speaking.screen() == ["Paris."]
    assert speaking.world.screen(speaking.general)[-1].reply_to is None


async def test_an_answer_in_a_thread_stands_in_the_thread(speaking: Stage) -> None:
    thread = await speaking.world.thread(speaking.ann, speaking.general)
    address = Address("discord", str(speaking.guild.id), str(speaking.general.id), str(thread.id))
    await speaking.speech(Origin(address, Person(str(speaking.ann.id), "Ann"))).send(post("Paris."))
    assert speaking.screen(thread) == ["Paris."]
    assert speaking.screen() == []


async def test_a_send_that_was_lost_on_the_way_back_is_not_shown_twice(speaking: Stage) -> None:
    speaking.world.hang_up(SEND, after_accept=True)
    speech = speaking.speech()
    with pytest.raises(ChannelBusy):
        await speech.send(post("Paris."))
    again = await speech.send(post("Paris."))
    assert speaking.screen() == ["Paris."]
    assert again == PostId(str(speaking.world.screen(speaking.general)[-1].id))


async def test_a_lost_send_that_is_made_again_with_more_shows_all_of_it(speaking: Stage) -> None:
    speaking.world.hang_up(SEND, after_accept=True)
    with pytest.raises(ChannelBusy):
        await speaking.speech().send(post("Paris"))
    await speaking.speech().send(post("Paris, the capital."))
    assert speaking.screen() == ["Paris, the capital."]


async def test_a_post_that_was_taken_away_does_not_swallow_the_next_with_its_key(speaking: Stage) -> None:
    first = await speaking.speech().send(post("Paris"))
    await speaking.speech().delete(first)
    second = await speaking.speech().send(post("Paris, the capital."))
    assert speaking.screen() == ["Paris, the capital."]
    assert second != first


async def test_a_key_longer_than_a_nonce_still_keeps_posts_single(speaking: Stage) -> None:
    for _ in range(2):
        await speaking.speech().send(post("Paris.", key="a key much longer than Discord takes"))
    await speaking.speech().send(post("Lyon.", key="a key much longer than Discord would take"))
    assert speaking.screen() == ["Paris.", "Lyon."]


async def test_the_same_key_in_another_place_is_another_post(speaking: Stage) -> None:
    other = speaking.world.channel(speaking.guild, "other")
    await speaking.speech().send(post("Paris."))
    await speaking.speech(speaking.origin(other)).send(post("Lyon."))
    await speaking.speech(speaking.origin(message_id=5)).send(post("Nice."))
    assert speaking.screen() == ["Paris.", "Nice."]
    assert speaking.screen(other) == ["Lyon."]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, 50001, ChannelGone),
        (403, 50013, ChannelGone),
        (403, 50007, ChannelGone),
        (404, 10003, ChannelGone),
        (403, 160005, ChannelGone),
        (400, 50006, PostRejected),
        (400, 50035, PostRejected),
        (400, 200000, PostRejected),
        (413, 40005, PostRejected),
        (503, 0, ChannelBusy),
        (401, 0, ChannelBusy),
    ],
)
async def test_a_refusal_is_told_in_the_houses_words(
    speaking: Stage, status: int, code: int, error: type[ChannelError]
) -> None:
    speaking.world.fail(SEND, status, json={"code": code, "message": "no"})
    with pytest.raises(error):
        await speaking.speech().send(post("Paris."))
    assert speaking.screen() == []


async def test_a_ban_stops_all_calls_for_a_while(speaking: Stage) -> None:
    speaking.world.rate_limit(SEND, 5.0, via=False)
    with pytest.raises(ChannelBusy) as busy:
        await speaking.speech().send(post("Paris."))
    assert busy.value.retry_after == 60
    assert speaking.host.budgets[GLOBAL].paused == 60
    with pytest.raises(ChannelBusy):
        await speaking.speech().send(post("Paris."))
    assert speaking.made(SEND) == 1


async def test_a_long_limit_is_told_instead_of_waited_for(speaking: Stage) -> None:
    speaking.world.rate_limit(SEND, 45.0)
    with pytest.raises(ChannelBusy) as busy:
        await speaking.speech().send(post("Paris."))
    assert 44 < busy.value.retry_after <= 45


async def test_a_short_limit_is_waited_for(speaking: Stage) -> None:
    speaking.world.rate_limit(SEND, 0.05)
    await speaking.speech().send(post("Paris."))
    assert speaking.screen() == ["Paris."]


async def test_every_call_by_the_bots_token_is_counted(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a"))
    await speech.edit(post_id, post("b"))
    await speech.typing("")
    await speech.delete(post_id)
    await speech.notify("hm")
    assert speaking.host.budgets[GLOBAL].taken == 5


async def test_a_budget_that_is_far_off_is_told_instead_of_waited_for(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    speaking.host.budgets[GLOBAL].pause(7.0)
    with pytest.raises(ChannelBusy) as busy:
        await speech.edit(post_id, post("b"))
    assert busy.value.retry_after == 7
    with pytest.raises(ChannelBusy):
        await speech.send(post("c", key="turn-1"))
    assert speaking.screen() == ["a"]


async def test_without_budget_what_is_not_final_is_left_out(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    budget: FakeBudget = speaking.host.budgets[GLOBAL]
    budget.left, budget.wait_s = 0, 0.5
    await speech.edit(post_id, post("ab", final=False))
    await speech.typing("")
    await speech.edit(post_id, post("abc"))
    assert speaking.screen() == ["abc"]
    assert (speaking.made(EDIT), speaking.made(TYPING)) == (1, 0)


async def test_a_held_edit_delays_nobody_and_the_newest_text_follows_it(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    speaking.world.slow_down(EDIT, 0.2)
    began = time.monotonic()
    for text in ("ab", "abc", "abcd"):
        await speech.edit(post_id, post(text, final=False))
        await asyncio.sleep(0.01)
    assert time.monotonic() - began < 0.15
    await speaking.world.until(lambda: speaking.screen() == ["abcd"])
    assert speaking.made(EDIT) == 2


async def test_a_final_edit_comes_last_whatever_is_still_held(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    # Before its first answer the SDK lets only one edit through anyway.
    await speech.edit(post_id, post("a!"))
    speaking.world.slow_down(EDIT, 0.1)
    await speech.edit(post_id, post("ab", final=False))
    await asyncio.sleep(0.01)
    await speech.edit(post_id, post("abc", final=False))
    await speech.edit(post_id, post("the end"))
    await speaking.world.until(lambda: all(call.status for call in speaking.world.calls))
    assert speaking.screen() == ["the end"]
    assert [call.body["content"] for call in speaking.world.calls if call.route == EDIT] == ["a!", "ab", "the end"]


async def test_posts_of_one_channel_have_one_intermediate_edit_in_flight(speaking: Stage) -> None:
    first, second = speaking.speech(), speaking.speech()
    one = await first.send(post("1", final=False, key="one"))
    two = await second.send(post("2", final=False, key="two"))
    speaking.world.slow_down(EDIT, 0.1)
    await first.edit(one, post("1a", final=False))
    await second.edit(two, post("2a", final=False))
    await asyncio.sleep(0.03)
    assert speaking.made(EDIT) == 1
    await speaking.world.until(lambda: speaking.screen() == ["1a", "2a"])


async def test_a_failed_intermediate_edit_is_not_missed(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    speaking.world.fail(EDIT, 503)
    await speech.edit(post_id, post("ab", final=False))
    await speaking.world.until(lambda: speaking.made(EDIT) == 1)
    await speech.edit(post_id, post("abc"))
    assert speaking.screen() == ["abc"]


async def test_an_answer_that_somebody_deleted_ends(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    await speaking.world.delete(int(post_id))
    await speech.edit(post_id, post("ab", final=False))
    await speaking.world.until(lambda: speaking.made(EDIT) == 1)
    await asyncio.sleep(0.02)
    with pytest.raises(ChannelGone):
        await speech.edit(post_id, post("abc", final=False))
    with pytest.raises(ChannelGone):
        await speech.edit(post_id, post("abc"))


async def test_the_typing_sign_shows_once_the_call_returns(speaking: Stage) -> None:
    await speaking.speech().typing("thinking")
    assert speaking.world.typing(speaking.general)


async def test_typing_where_the_bot_may_not_is_told_and_harms_nothing(speaking: Stage) -> None:
    speaking.general.bot_permissions = 0
    with pytest.raises(ChannelGone):
        await speaking.speech().typing("thinking")


async def test_a_deleted_channel_is_gone_in_the_middle_of_an_answer(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    await speaking.world.remove_channel(speaking.general)
    with pytest.raises(ChannelGone):
        await speech.edit(post_id, post("ab"))


async def test_a_bot_that_was_thrown_out_is_gone(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a", final=False))
    await speaking.world.remove_bot(speaking.guild)
    with pytest.raises(ChannelGone):
        await speech.edit(post_id, post("ab"))


async def test_a_token_that_was_reset_stops_all_calls_for_a_while(speaking: Stage) -> None:
    await speaking.world.revoke_token()
    for _ in range(2):
        with pytest.raises(ChannelBusy):
            await speaking.speech().send(post("a"))
    assert speaking.made(SEND) == 1


async def test_an_answer_that_never_comes_back_is_given_up(speaking: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.speaker.CALL_S", 0.03)
    speaking.world.slow_down(SEND, 0.2)
    with pytest.raises(ChannelBusy):
        await speaking.speech().send(post("a"))


async def test_places_that_are_quiet_again_are_forgotten(speaking: Stage) -> None:
    speaker = speaking.platform._speaking()
    busy, gate = speaker.drafts("busy"), asyncio.Event()

    async def held() -> None:
        await gate.wait()

    busy.offer(PostId("1"), held)
    first = speaker.drafts("place-0")
    for number in range(400):
        speaker.drafts(f"place-{number}")
    assert speaker.drafts("busy") is busy
    assert speaker.drafts("place-0") is not first
    gate.set()


async def test_a_notice_without_a_question_to_reply_to_names_its_asker_silently(speaking: Stage) -> None:
    await speaking.speech().notify("Too busy.")
    assert speaking.screen() == [f"<@{speaking.ann.id}> Too busy."]
    assert speaking.world.pinged == []


async def test_a_message_is_its_own_anchor(speaking: Stage) -> None:
    origin = speaking.origin(message_id=5)
    assert await speaking.speech(origin).anchor("what?") == origin
    assert speaking.screen() == []


async def test_a_person_who_takes_no_direct_messages_is_gone(speaking: Stage) -> None:
    shy = speaking.world.user("Shy", takes_dms=False)
    room = speaking.world.dm(shy)
    with pytest.raises(ChannelGone):
        await speaking.speech(speaking.origin(room)).send(post("hi"))


async def test_while_the_platform_is_left_everything_is_busy(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("a"))
    await speaking.platform.__aexit__(None, None, None)
    late = speaking.speech()
    for verb in (late.send(post("b", key="b")), speech.edit(post_id, post("b")), late.notify("b"), late.typing("")):
        with pytest.raises(ChannelBusy):
            await verb
    await speaking.platform.__aenter__()
    await speech.edit(post_id, post("c"))
    assert speaking.screen() == ["c"]
