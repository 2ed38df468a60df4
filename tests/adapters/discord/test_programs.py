"""Other programs: heard where they call us, so that the engine can say whether they are answered."""

import pytest

from bot.contract import Addressed, MessageEdited, MessageReceived, PersonKind, Post
from tests.adapters.discord.stage import SEND, Stage


@pytest.fixture
async def ours(stage: Stage) -> int:
    """A post of ours."""
    return int(await stage.speech().send(Post("Paris.", final=True, key="k1")))


async def test_a_program_that_mentions_us_is_heard_as_one(stage: Stage) -> None:
    robot = stage.world.user("robot", bot=True)
    event = await stage.said(robot, stage.general, f"{stage.at_bot} what is up?")
    assert (event.text, event.addressed) == ("what is up?", Addressed.BOT)
    assert (event.origin.asker.name, event.origin.asker.kind) == ("robot", PersonKind.BOT)


async def test_a_program_that_calls_us_by_our_role_is_heard(stage: Stage) -> None:
    robot = stage.world.user("robot", bot=True)
    event = await stage.said(robot, stage.general, f"<@&{stage.guild.bot_role_id}> hello")
    assert (event.text, event.origin.asker.kind) == ("hello", PersonKind.BOT)


@pytest.mark.parametrize("ping", [True, False])
async def test_a_program_that_replies_to_us_is_heard_pinged_or_not(stage: Stage, ours: int, ping: bool) -> None:
    robot = stage.world.user("robot", bot=True)
    await stage.world.say(robot, stage.general, "sure?", reply_to=ours, mention_reply=ping)
    event = await stage.heard(MessageReceived)
    assert (event.text, event.reply_to) == ("sure?", str(ours))
    assert (event.addressed, event.origin.asker.kind) == (Addressed.BOT, PersonKind.BOT)


async def test_a_program_that_calls_nobody_or_somebody_else_is_not_heard(stage: Stage) -> None:
    robot = stage.world.user("robot", bot=True)
    theirs = await stage.world.say(stage.bob, stage.general, "The sky is green")
    await stage.world.say(robot, stage.general, "lovely day")
    await stage.world.say(robot, stage.general, f"<@{stage.ann.id}> lovely day")
    await stage.world.say(robot, stage.general, "sure?", reply_to=theirs)
    await stage.said(stage.ann, stage.general, "last")
    assert stage.texts() == ["The sky is green", "last"]


async def test_what_we_say_ourselves_is_not_heard_even_when_it_names_us(stage: Stage, ours: int) -> None:
    bot = stage.world.world.bot
    await stage.world.say(bot, stage.general, f"{stage.at_bot} hello", reply_to=ours)
    await stage.said(stage.ann, stage.general, "last")
    assert stage.texts() == ["last"]


async def test_what_a_program_changes_is_not_heard(stage: Stage) -> None:
    robot = stage.world.user("robot", bot=True)
    silent = await stage.world.say(robot, stage.general, "lovely day")
    calling = await stage.world.say(robot, stage.general, f"{stage.at_bot} what is up?")
    await stage.heard(MessageReceived)
    await stage.world.edit(silent, f"{stage.at_bot} lovely day")
    await stage.world.edit(calling, f"{stage.at_bot} what is down?")
    await stage.said(stage.ann, stage.general, "last")
    assert stage.all(MessageEdited) == []


async def test_a_program_gets_no_apology_that_it_might_answer(stage: Stage) -> None:
    robot = stage.world.user("robot", bot=True)
    stage.refusing = RuntimeError("disk full")
    await stage.world.say(robot, stage.general, f"{stage.at_bot} hello")
    await stage.world.say(stage.ann, stage.general, f"{stage.at_bot} hello")
    await stage.world.until(lambda: stage.screen() != [])
    assert (stage.screen(), stage.made(SEND)) == (["not-saved"], 1)
