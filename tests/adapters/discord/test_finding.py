"""Our own posts after a crash, when nobody wrote down what was shown."""

from collections.abc import Sequence

import pytest

from adapters.discord import history
from bot.contract import Address, Origin, Person, Post, PostId
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.discord.stage import Stage
from tests.fakes.discord import READ
from tests.fakes.discord import Channel as Room

NONCE_IS_GONE_S = 200.0


async def answer(stage: Stage, origin: Origin, *keys: str) -> list[PostId]:
    """An answer of one post for each key."""
    speech = stage.speech(origin)
    return [await speech.send(Post(f"text of {key}", True, key)) for key in keys]


async def found(stage: Stage, origin: Origin, keys: Sequence[str], known: Sequence[PostId] = ()) -> dict[str, PostId]:
    """What a new channel on the origin finds, which knows nothing of who sent what."""
    return dict(await stage.speech(origin).find(keys, known))


async def question(stage: Stage, room: Room | None = None) -> Origin:
    """A question of Ann's, as the store would give it back."""
    place = room or stage.general
    return stage.origin(place, await stage.world.say(stage.ann, place, "?"))


async def test_a_post_is_found_by_its_key_while_discord_gives_it_back(speaking: Stage) -> None:
    origin = await question(speaking)
    first, second = await answer(speaking, origin, "t-0", "t-1")
    assert await found(speaking, origin, ["t-1"]) == {"t-1": second}
    assert await found(speaking, origin, ["t-0", "t-1", "t-2"]) == {"t-0": first, "t-1": second}


async def test_a_fresh_post_with_another_key_is_not_taken_for_a_missing_one(speaking: Stage) -> None:
    origin = await question(speaking)
    await answer(speaking, origin, "older-0")
    assert await found(speaking, origin, ["t-0"]) == {}


async def test_later_a_post_is_found_by_what_it_answers_in_order(speaking: Stage) -> None:
    origin, other = await question(speaking), await question(speaking)
    posts = await answer(speaking, origin, "t-0", "t-1")
    await answer(speaking, other, "u-0")
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    await speaking.world.say(speaking.bob, speaking.general, "not ours", reply_to=int(str(origin.message_id)))
    assert await found(speaking, origin, ["t-0", "t-1", "t-2"]) == {"t-0": posts[0], "t-1": posts[1]}


async def test_known_posts_are_never_found_again(speaking: Stage) -> None:
    origin = await question(speaking)
    older = await answer(speaking, origin, "older-0", "older-1")
    posts = await answer(speaking, origin, "t-0")
    assert await found(speaking, origin, ["t-0"], posts) == {}
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    assert await found(speaking, origin, ["t-0"], older) == {"t-0": posts[0]}


async def test_a_post_that_shows_its_key_leaves_the_others_in_order(speaking: Stage) -> None:
    origin = await question(speaking)
    first = (await answer(speaking, origin, "t-0"))[0]
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    second = (await answer(speaking, origin, "t-1"))[0]
    assert await found(speaking, origin, ["t-0", "t-1"]) == {"t-0": first, "t-1": second}


async def test_a_notice_is_never_taken_for_an_answer(speaking: Stage) -> None:
    origin = await question(speaking)
    await speaking.speech(origin).notify("The gateway is down.")
    post = (await answer(speaking, origin, "t-0"))[0]
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    assert await found(speaking, origin, ["t-0"]) == {"t-0": post}


async def test_a_post_is_found_in_a_thread_and_in_a_direct_conversation(speaking: Stage) -> None:
    thread = await speaking.world.thread(speaking.ann, speaking.general)
    there = await speaking.world.say(speaking.ann, thread, "?")
    address = Address("discord", str(speaking.guild.id), str(speaking.general.id), str(thread.id))
    places = [
        Origin(address, Person("1", "Ann"), str(there)),
        await question(speaking, speaking.world.dm(speaking.ann)),
    ]
    posts = [(await answer(speaking, origin, "t-0"))[0] for origin in places]
    for skipped in (0.0, NONCE_IS_GONE_S):
        speaking.world.clock.skip(skipped)
        assert [await found(speaking, origin, ["t-0"]) for origin in places] == [{"t-0": post} for post in posts]


async def test_a_post_in_the_thread_under_its_question_is_found_though_it_is_no_reply(speaking: Stage) -> None:
    start = await speaking.world.say(speaking.ann, speaking.general, "a topic")
    thread = await speaking.world.thread(speaking.ann, speaking.general, "topic", start)
    address = Address("discord", str(speaking.guild.id), str(speaking.general.id), str(thread.id))
    origin = Origin(address, Person("1", "Ann"), str(start))
    post = (await answer(speaking, origin, "t-0"))[0]
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    assert await found(speaking, origin, ["t-0"]) == {"t-0": post}


async def test_a_post_is_found_early_and_late_in_a_busy_channel_with_two_calls(
    speaking: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    origin = await question(speaking)
    early = (await answer(speaking, origin, "t-0"))[0]
    for number in range(10):
        await speaking.world.say(speaking.bob, speaking.general, str(number))
    late = (await answer(speaking, origin, "t-1"))[0]
    assert await found(speaking, origin, ["t-0", "t-1"]) == {"t-0": early, "t-1": late}
    assert speaking.made(READ) == 2


async def test_a_quiet_channel_costs_one_call_and_no_keys_none(speaking: Stage) -> None:
    origin = await question(speaking)
    await answer(speaking, origin, "t-0")
    assert await found(speaking, origin, []) == {}
    assert speaking.made(READ) == 0
    await found(speaking, origin, ["t-0"])
    assert speaking.made(READ) == 1


async def test_a_private_answer_is_found_by_its_commands_token(stage: Stage) -> None:
    _, event = await stage.called("model")
    assert await found(stage, event.origin, ["t-0"]) == {}
    post = (await answer(stage, event.origin, "t-0"))[0]
    assert await found(stage, event.origin, ["t-0"]) == {"t-0": post}
    assert await found(stage, event.origin, ["t-0"], [post]) == {}
    assert stage.made(READ) == 0


async def test_a_private_answer_is_lost_with_its_token(stage: Stage) -> None:
    _, event = await stage.called("model")
    await answer(stage, event.origin, "t-0")
    stage.world.clock.skip(901)
    assert await found(stage, event.origin, ["t-0"]) == {}


async def test_a_public_commands_posts_are_found_by_their_interaction(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    _, other = await stage.called("ask", question="!")
    posts = await answer(stage, event.origin, "t-0", "t-1")
    await answer(stage, other.origin, "t-0")
    stage.world.clock.skip(901)
    assert await found(stage, event.origin, ["t-0", "t-1", "t-2"]) == {"t-0": posts[0], "t-1": posts[1]}


async def test_under_a_shown_question_the_question_itself_is_not_found(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    origin = await stage.speech(event.origin).anchor("?")
    assert await found(stage, origin, ["t-0"]) == {}
    posts = await answer(stage, origin, "t-0", "t-1")
    stage.world.clock.skip(NONCE_IS_GONE_S)
    assert await found(stage, origin, ["t-0", "t-1"]) == {"t-0": posts[0], "t-1": posts[1]}


async def test_where_the_bot_cannot_look_the_first_response_is_found_alone(stage: Stage) -> None:
    stage.general.bot_permissions = 0
    _, event = await stage.called("ask", question="?")
    posts = await answer(stage, event.origin, "t-0", "t-1")
    assert await found(stage, event.origin, ["t-0", "t-1"]) == {"t-0": posts[0]}


async def test_a_post_that_is_still_thinking_is_not_found(stage: Stage) -> None:
    interaction, event = await stage.called("ask", question="?")
    await interaction.acknowledgement()
    assert await found(stage, event.origin, ["t-0"]) == {}


async def test_a_command_without_its_token_is_looked_for_among_the_newest(speaking: Stage) -> None:
    posts = await answer(speaking, speaking.origin(), "t-0")
    assert await found(speaking, speaking.origin(), ["t-0"]) == {"t-0": posts[0]}


async def test_a_place_that_is_closed_or_out_of_reach_says_so(speaking: Stage) -> None:
    origin = await question(speaking)
    speaking.world.fail(READ, 503)
    with pytest.raises(ChannelBusy):
        await found(speaking, origin, ["t-0"])
    speaking.general.bot_permissions = 0
    with pytest.raises(ChannelGone):
        await found(speaking, origin, ["t-0"])
