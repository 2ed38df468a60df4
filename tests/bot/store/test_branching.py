"""Which conversation a question belongs to when it answers an older answer, and what stands in it."""

import asyncio
from dataclasses import replace

import pytest

from bot.contract import Address, MessageReceived, PostId
from bot.model import Claim, ConversationId, Followed
from bot.store import Store
from tests.bot.store.builders import BOUNDS, CHANNEL, LIMIT, THREAD, ask, begin, exchange, finish, said, spoken

OWN = replace(CHANNEL, thread="9")
"""The conversation of a branch that message 9 has opened."""


async def posted(store: Store, number: str, answer: str, *, at: Address = CHANNEL) -> Claim:
    """A question with that id, and its answer in the post P{id}."""
    claim = await begin(store, await ask(store, said(number, f"q{number}", at=at)))
    await store.placed(claim.turn, claim.attempt, 0, f"t{claim.turn}-0", PostId(f"P{number}"))
    await finish(store, claim, answer)
    return claim


def reply(number: str, text: str, post: str, *, at: Address = CHANNEL) -> MessageReceived:
    return replace(said(number, text, at=at), reply_to=post)


async def branched(store: Store) -> ConversationId:
    """Three exchanges, and a reply to the first answer."""
    for number in ("1", "2", "3"):
        await posted(store, number, f"a{number}")
    return await ask(store, reply("9", "why a1?", "P1"))


async def test_a_reply_to_an_older_answer_has_the_history_up_to_it_only(store: Store) -> None:
    conversation = await branched(store)
    assert conversation == await store.find(OWN)
    claim = await begin(store, conversation)
    assert spoken(claim.window) == ["user: q1", "assistant: a1"]
    assert claim.window.total == 2
    assert (claim.branch, claim.joined_late) == (True, False)
    assert claim.origin.address == CHANNEL
    await finish(store, claim, "because")
    window = await store.window(conversation, LIMIT)
    assert spoken(window) == ["user: q1", "assistant: a1", "user: why a1?", "assistant: because"]
    assert window.total == 4


async def test_the_conversation_that_it_left_knows_nothing_of_it(store: Store) -> None:
    conversation = await branched(store)
    await finish(store, await begin(store, conversation), "because")
    main = await store.find(CHANNEL)
    assert main is not None
    window = await store.window(main, LIMIT)
    assert [line.split(": ")[1] for line in spoken(window)] == ["q1", "a1", "q2", "a2", "q3", "a3"]
    assert window.total == 6


async def test_a_branch_that_is_begun_at_once_has_the_same_history(store: Store) -> None:
    for number in ("1", "2"):
        await posted(store, number, f"a{number}")
    taken = await store.take(reply("9", "why?", "P1"), BOUNDS, begin=LIMIT)
    await taken.committed
    claim = taken.value[1]
    assert claim is not None
    assert (spoken(claim.window), claim.window.total, claim.branch) == (["user: q1", "assistant: a1"], 2, True)


async def test_a_reply_to_the_newest_answer_stays_in_its_conversation(store: Store) -> None:
    await posted(store, "1", "a1")
    await posted(store, "2", "a2")
    assert await ask(store, reply("9", "why a2?", "P2")) == await store.find(CHANNEL)
    assert await store.find(OWN) is None


async def test_replies_inside_a_branch_go_on_with_it_and_may_branch_again(store: Store) -> None:
    conversation = await branched(store)
    for number, answer, to in (("9", "b1", None), ("10", "b2", "P9"), ("11", "b3", "P10")):
        if to is not None:
            assert await ask(store, reply(number, f"q{number}", to)) == conversation
        claim = await begin(store, conversation)
        await store.placed(claim.turn, claim.attempt, 0, f"t{claim.turn}-0", PostId(f"P{number}"))
        await finish(store, claim, answer)
    second = await ask(store, reply("12", "and b1?", "P9"))
    assert second not in (conversation, await store.find(CHANNEL))
    claim = await begin(store, second)
    assert spoken(claim.window) == ["user: q1", "assistant: a1", "user: why a1?", "assistant: b1"]
    assert claim.window.total == 4


async def test_a_reply_to_what_is_being_answered_waits_behind_it(store: Store) -> None:
    await posted(store, "1", "a1")
    claim = await begin(store, await ask(store, said("2", "q2")))
    await store.placed(claim.turn, claim.attempt, 0, "t2-0", PostId("P2"))
    assert await ask(store, reply("9", "shorter, please", "P2")) == claim.conversation


@pytest.mark.parametrize("post", ["P77", "2"], ids=["nobody's", "a person's message"])
async def test_a_reply_to_something_else_is_a_question_like_any_other(store: Store, post: str) -> None:
    await posted(store, "1", "a1")
    await posted(store, "2", "a2")
    assert await ask(store, reply("9", "and this?", post)) == await store.find(CHANNEL)


async def test_a_post_with_the_same_id_in_another_channel_is_another_post(store: Store) -> None:
    await posted(store, "1", "a1")
    await posted(store, "2", "a2")
    other = replace(CHANNEL, channel="C2")
    assert await ask(store, reply("9", "what?", "P1", at=other)) == await store.find(other)


async def test_a_reply_to_an_answer_that_was_taken_back_does_not_bring_it_back(store: Store) -> None:
    await posted(store, "1", "a1")
    await posted(store, "2", "a2")
    await store.deleted(CHANNEL, "1")
    claim = await begin(store, await ask(store, reply("9", "why a1?", "P1")))
    assert claim.conversation == await store.find(CHANNEL)
    assert spoken(claim.window) == ["user: q2", "assistant: a2"]


async def test_a_reply_brings_nothing_along_that_was_taken_back_before(store: Store) -> None:
    for number in ("1", "2", "3"):
        await posted(store, number, f"a{number}")
    await store.deleted(CHANNEL, "1")
    claim = await begin(store, await ask(store, reply("9", "why a2?", "P2")))
    assert (spoken(claim.window), claim.window.total) == (["user: q2", "assistant: a2"], 2)


@pytest.mark.parametrize("later", [0, 1], ids=["nothing said since", "something said since"])
async def test_a_reply_goes_back_behind_a_fresh_start(store: Store, later: int) -> None:
    await posted(store, "1", "a1")
    await posted(store, "2", "a2")
    await store.fresh(CHANNEL)
    for number in range(later):
        await posted(store, str(5 + number), "a5")
    claim = await begin(store, await ask(store, reply("9", "why a2?", "P2")))
    assert [line.split(": ")[1] for line in spoken(claim.window)] == ["q1", "a1", "q2", "a2"]
    main = await store.find(CHANNEL)
    assert main is not None
    assert main != claim.conversation
    assert (await store.window(main, LIMIT)).total == 2 * later


async def test_a_branch_after_a_fresh_start_begins_there(store: Store) -> None:
    await posted(store, "1", "a1")
    await store.fresh(CHANNEL)
    await posted(store, "2", "a2")
    await posted(store, "3", "a3")
    claim = await begin(store, await ask(store, reply("9", "why a2?", "P2")))
    assert (spoken(claim.window), claim.window.total) == (["user: q2", "assistant: a2"], 2)


async def test_a_thread_opened_under_an_older_answer_begins_with_that_history(store: Store) -> None:
    for number in ("1", "2"):
        await posted(store, number, f"a{number}")
    under = replace(CHANNEL, thread="P1")
    conversation = await ask(store, said("9", "why?", at=under))
    assert conversation == await store.find(under)
    claim = await begin(store, conversation)
    assert spoken(claim.window) == ["user: q1", "assistant: a1"]
    assert (claim.window.total, claim.joined_late) == (2, False)
    await finish(store, claim, "because")
    again = await begin(store, await ask(store, said("10", "and?", at=under)))
    assert len(again.window.messages) == 4


async def test_a_thread_under_somebody_elses_message_is_read_from_the_platform(store: Store) -> None:
    await posted(store, "1", "a1")
    claim = await begin(store, await ask(store, said("9", "why?", at=THREAD)))
    assert (claim.joined_late, claim.window.messages) == (True, ())


async def test_a_branch_is_no_place_of_the_platforms(store: Store) -> None:
    await branched(store)
    since = said("0", "").sent_at
    assert await store.missed.active("slack", since) == (CHANNEL,)


async def test_an_edit_reaches_the_question_and_its_copies(store: Store) -> None:
    conversation = await branched(store)
    claim = await begin(store, conversation)
    await finish(store, claim, "because")
    change = await store.edited(CHANNEL, "1", "q1, but other")
    assert len(change.stale) == 4, "three answers in the channel, one in the branch"
    assert claim.turn in change.stale
    for place in (CHANNEL, OWN):
        found = await store.find(place)
        assert found is not None
        assert spoken(await store.window(found, LIMIT))[0] == "user: q1, but other"


async def test_the_newest_question_is_answered_anew_although_a_thread_has_brought_it_along(store: Store) -> None:
    first = await posted(store, "1", "a1")
    under = replace(CHANNEL, thread="P1")
    claim = await begin(store, await ask(store, said("9", "why?", at=under)))
    await finish(store, claim, "because")
    assert await store.edited(CHANNEL, "1", "other") == Followed(
        known=True, wake=first.conversation, stale=(claim.turn,)
    )


async def test_a_deletion_takes_question_and_answer_from_every_branch(store: Store) -> None:
    conversation = await branched(store)
    await finish(store, await begin(store, conversation), "because")
    gone = await store.deleted(CHANNEL, "1")
    assert gone.orphan is not None
    assert gone.orphan.shown == "a1"
    window = await store.window(conversation, LIMIT)
    assert (spoken(window), window.total) == (["user: why a1?", "assistant: because"], 2)
    main = await store.find(CHANNEL)
    assert main is not None
    assert (await store.window(main, LIMIT)).total == 4


async def test_a_deletion_finds_the_answer_in_a_branch_of_a_branch(store: Store) -> None:
    conversation = await branched(store)
    claim = await begin(store, conversation)
    await store.placed(claim.turn, claim.attempt, 0, "t-0", PostId("P9"))
    await finish(store, claim, "b1")
    await exchange(store, reply("10", "q10", "P9"), "b2")
    second = await ask(store, reply("11", "q11", "P9"))
    await store.deleted(CHANNEL, "1")
    window = await store.window(second, LIMIT)
    assert spoken(window) == ["user: why a1?", "assistant: b1"]
    assert window.total == 2


async def test_branching_editing_and_deleting_at_once_wait_for_each_other_in_one_order(store: Store) -> None:
    for number in range(1, 5):
        await posted(store, str(number), f"a{number}")
    await ask(store, reply("9", "why?", "P1"))

    async def storm(round_: int) -> None:
        await asyncio.gather(
            store.edited(CHANNEL, "1", f"edit {round_}"),
            store.accept(reply(str(20 + round_), "again", "P2"), BOUNDS),
            store.accept(reply(str(40 + round_), "again", "P1"), BOUNDS),
            store.edited(CHANNEL, "2", f"edit {round_}"),
            store.deleted(CHANNEL, str(3)),
        )

    async with asyncio.timeout(20):
        for round_ in range(8):
            await storm(round_)
    for place in (CHANNEL, OWN, replace(CHANNEL, thread="47")):
        found = await store.find(place)
        assert found is not None
        window = await store.window(found, LIMIT)
        assert window.total == len(window.messages)
