"""What was asked while nobody listened is answered afterwards: once, in order, and not when it is long ago."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import catching_up
from bot.contract import Address, Addressed, EventsMissed, MessageEdited, MessageReceived, Person, PersonKind, Survey
from bot.errors import ChannelBusy, ChannelGone
from bot.store import Store
from tests.bot.house import BEN, CHANNEL, House, house

GAP = EventsMissed("fake")
THREAD = replace(CHANNEL, thread="T1")


class Places:
    """What the platform shows where: messages by channel and thread, read through the fake platform."""

    def __init__(self, home: House) -> None:
        self.messages: dict[Address, list[MessageReceived]] = {}
        self.closed: set[Address] = set()
        self.upto: str | None = None
        self.fresh: list[Address] | None = None
        self.hidden: set[Address] = set()
        self.asked: list[tuple[Address, str | None]] = []
        self.read_at: list[Address] = []
        self.busy = 0
        self.busy_at: Address | None = None
        self.hold: asyncio.Event | None = None
        home.platform.read = self.read  # type: ignore[method-assign]  # a platform with several places
        home.platform.survey = self.survey  # type: ignore[method-assign]

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        self.read_at.append(address)
        self.asked.append((address, after))
        found = list(self.messages.get(address, []))
        if self.hold is not None:
            await self.hold.wait()
        if address == self.busy_at:
            raise ChannelBusy("limited", 0.01)
        if self.busy:
            self.busy -= 1
            raise ChannelBusy("limited", 0.01)
        if address in self.closed:
            raise ChannelGone("closed to us")
        return found[-limit:]

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        messages = await self.read(channel, after, limit)
        fresh = self.fresh if self.fresh is not None else [each for each in threads if each not in self.hidden]
        return Survey(messages, fresh, [each for each in threads if each in self.hidden], self.upto)


def ago(message: MessageReceived, minutes: float) -> MessageReceived:
    return replace(message, sent_at=datetime.now(UTC) - timedelta(minutes=minutes))


async def test_missed_questions_are_answered_in_order_and_say_how_late_they_are(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        places.messages[CHANNEL] = [ago(home.message("second"), 5), ago(home.message("first"), 9)]
        await home.hear(GAP)
        late = [home.say_so("asked-ago", minutes=minutes) for minutes in (9, 5)]
        assert home.screen()[1:] == [f"You said: first\n\n_{late[0]}_", f"You said: second\n\n_{late[1]}_"]


async def test_what_was_said_in_one_millisecond_is_taken_in_as_its_place_shows_it(store: Store) -> None:
    async with house(store) as home:
        places, at = Places(home), datetime.now(UTC) - timedelta(minutes=2)
        await home.say("before")
        said = [replace(home.message(f"number {number}"), sent_at=at) for number in range(8)]
        places.messages[CHANNEL] = said
        await home.hear(GAP)
        asked = "".join(text for role, text in home.prompts()[-1] if role == "user")
        assert re.findall(r"number (\d)", asked) == [str(number) for number in range(8)]


async def test_each_place_is_looked_at_and_answered_where_it_was_asked(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before", at=THREAD, message_id="T1")
        places.messages[THREAD] = [ago(home.message("below", at=THREAD, addressed=Addressed.OPEN), 3)]
        places.messages[CHANNEL] = [ago(home.message("at the top"), 4)]
        await home.hear(GAP)
        assert places.read_at == [CHANNEL, THREAD]
        late = {minutes: f"\n\n_{home.say_so('asked-ago', minutes=minutes)}_" for minutes in (3, 4)}
        assert home.platform.shown(CHANNEL) == [f"You said: at the top{late[4]}"]
        assert home.platform.shown(THREAD)[-1] == f"You said: below{late[3]}"


async def test_the_note_does_not_stay_when_the_answer_is_given_anew(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        places.messages[CHANNEL] = [ago(home.message("late"), 5)]
        await home.hear(GAP)
        await home.hear(home.press("regenerate"))
        assert home.screen()[-1] == "You said: late"


async def test_what_is_older_than_the_limit_or_seen_or_a_programs_is_left_alone(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(store) as home:
        places = Places(home)
        seen = home.message("before")
        await home.hear(seen)
        command = home.message("/model")
        await home.hear(command)
        heard = home.message("to Ben", at=THREAD, addressed=Addressed.OTHER)
        await home.say("in a thread", at=THREAD, message_id="T1")
        await home.hear(heard)
        program, myself = Person("B2", "Other", PersonKind.BOT), Person("B1", "Parley", PersonKind.SELF)
        places.messages[CHANNEL] = [
            ago(home.message("long ago"), 61),
            replace(seen, keys=replace(seen.keys, event="read")),
            replace(command, keys=replace(command.keys, event="read-command")),
            ago(home.message("beep", who=program), 1),
            ago(home.message("You said: before", who=myself), 1),
            ago(home.message("just chatting", addressed=Addressed.OPEN), 1),
        ]
        places.messages[THREAD] = [replace(heard, keys=replace(heard.keys, event="read-heard"))]
        before = len(home.platform.notices())
        with caplog.at_level(logging.INFO):
            await home.hear(GAP)
        assert "caught_up platform=fake messages=1" in caplog.text, "what was said to nobody is for the store to refuse"
        assert len(home.gateway.asked()) == 2
        assert len(home.platform.notices()) == before


async def test_neither_two_gaps_at_once_nor_a_late_delivery_ask_twice(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        late = ago(home.message("late"), 5)
        places.messages[CHANNEL] = [replace(late, keys=replace(late.keys, event="read"))]
        await asyncio.gather(*(home.engine.accept(GAP) for _ in range(3)), home.engine.accept(late))
        await home.quiet()
        await home.hear(GAP)
        await home.hear(replace(late, keys=replace(late.keys, event="redelivered")))
        assert len(home.gateway.asked()) == 2
        assert len(home.screen()) == 2


async def test_a_gap_that_shows_while_another_is_looked_at_is_looked_at_too(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        places.hold = asyncio.Event()
        await home.engine.accept(GAP)
        await home.until(lambda: places.read_at)
        places.messages[CHANNEL] = [ago(home.message("meanwhile"), 5)]
        await home.engine.accept(GAP)
        places.hold.set()
        await home.quiet()
        assert "You said: meanwhile" in home.screen()[-1]
        assert places.read_at == [CHANNEL, CHANNEL]


async def test_a_place_that_cannot_be_read_is_passed_over(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        other = Address("fake", "W1", "C2")
        await home.say("before", at=other)
        await home.say("before")
        places.closed = {CHANNEL}
        places.busy = 1
        places.messages[other] = [ago(home.message("late", at=other), 5)]
        await home.hear(GAP)
        assert "You said: late" in home.screen()[-1]


async def test_a_failure_is_no_end_of_catching_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        places.messages[CHANNEL] = [ago(home.message("late"), 5)]
        real, failures = store.missed.unseen, [OSError("database away")]

        async def unseen(keys: Sequence[str]) -> frozenset[str]:
            if failures:
                raise failures.pop()
            return await real(keys)

        monkeypatch.setattr(store.missed, "unseen", unseen)  # a database that was away for a moment
        monkeypatch.setattr(catching_up, "PAUSES_S", (0.001,))
        await home.hear(GAP)
        assert len(home.screen()) == 2


async def test_what_fails_each_time_is_left_to_the_next_gap(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        places.messages[CHANNEL] = [ago(home.message("late"), 5)]
        real = store.missed.unseen

        async def unseen(keys: Sequence[str]) -> frozenset[str]:
            raise OSError("database away")

        monkeypatch.setattr(store.missed, "unseen", unseen)
        monkeypatch.setattr(catching_up, "PAUSES_S", (0.001,))
        await home.hear(GAP)
        assert len(home.screen()) == 1
        monkeypatch.setattr(store.missed, "unseen", real)
        await home.hear(GAP)
        assert len(home.screen()) == 2


async def test_a_stop_does_not_wait_for_a_look(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(store) as home:
        Places(home)
        await home.say("before")

        async def unseen(keys: Sequence[str]) -> frozenset[str]:
            raise OSError("database away")

        monkeypatch.setattr(store.missed, "unseen", unseen)
        monkeypatch.setattr(catching_up, "PAUSES_S", (600.0,))
        await home.engine.accept(GAP)
        await asyncio.sleep(0.02)
        async with asyncio.timeout(1):
            await home.engine.taken_in()
            await home.engine.settle()


async def test_nothing_is_read_where_it_is_switched_off_or_nobody_ever_asked(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.hear(GAP)
        await home.say("before")
        home.with_defaults(catch_up_s=0.0)
        await home.hear(GAP)
        assert places.read_at == []


async def test_a_conversation_that_rested_for_hours_is_looked_at_as_well(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        home.with_defaults(catch_up_s=0.05)
        await asyncio.sleep(0.05)
        await home.hear(GAP)
        assert places.read_at == [CHANNEL]


async def test_the_channel_around_a_branch_is_looked_at_and_the_branch_is_not(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("one")
        await home.say("two")
        await home.say("why?", reply_to=home.standing()[0].id, who=BEN)
        places.messages[CHANNEL] = [ago(home.message("late"), 5)]
        await home.hear(GAP)
        assert places.read_at == [CHANNEL]
        assert "You said: late" in home.screen()[-1]


async def test_a_missed_reply_branches_off_like_any_other(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("one")
        await home.say("two")
        places.messages[CHANNEL] = [ago(home.message("why?", reply_to=home.standing()[0].id), 5)]
        await home.hear(GAP)
        assert [text for _, text in home.prompts()[-1]] == ["one", "You said: one", "why?"]


async def test_what_was_said_under_a_first_question_that_came_late_is_answered_too(store: Store) -> None:
    async with house(store) as home:
        places, thread = Places(home), replace(CHANNEL, thread="T1")
        root = ago(home.message("the first", at=thread, message_id="T1"), 1)
        under = ago(home.message("and then?", at=thread, addressed=Addressed.OPEN), 0.9)
        await home.hear(under)
        assert home.screen() == [], "nobody knows this thread yet"
        places.messages[thread] = [root, under]
        await home.hear(root)
        await home.hear(root)
        assert [text.removeprefix("You said: ") for text in home.screen()] == ["the first", "and then?"]


async def test_a_first_question_that_comes_in_time_is_not_looked_behind(store: Store) -> None:
    async with house(store) as home:
        places, thread = Places(home), replace(CHANNEL, thread="T1")
        await home.hear(home.message("the first", at=thread, message_id="T1"))
        assert places.read_at == []


async def test_how_far_a_channel_was_read_is_known_after_a_restart(store: Store) -> None:
    for upto, after in (("7", None), (None, "7"), ("9", "7"), ("9", "9")):
        async with house(store) as home:
            places = Places(home)
            await home.say("before", at=THREAD, message_id="T1")
            places.upto = upto
            await home.hear(GAP)
            assert places.asked == [(CHANNEL, after), (THREAD, after)]


@pytest.mark.parametrize("place", [CHANNEL, THREAD])
async def test_what_could_not_be_read_is_read_again_from_where_it_was_left(
    store: Store, place: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "PATIENCE_S", 0.02)
    async with house(store) as home:
        places = Places(home)
        await home.say("before", at=THREAD, message_id="T1")
        places.upto, places.busy_at = "7", place
        await home.hear(GAP)
        places.busy_at = None
        places.messages[place] = [ago(home.message("late", at=place, message_id="T2"), 5)]
        await home.hear(GAP)
        assert places.asked[-2:] == [(CHANNEL, None), (THREAD, None)]
        assert "You said: late" in home.screen()[-1]


async def test_a_thread_that_is_gone_keeps_nothing_from_being_settled(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before", at=THREAD, message_id="T1")
        places.upto, places.closed = "7", {THREAD}
        await home.hear(GAP)
        assert await store.missed.marks("fake") == {CHANNEL: "7"}


async def test_a_question_in_a_thread_where_the_bot_never_was_is_found_where_the_channel_shows_it(store: Store) -> None:
    async with house(store) as home:
        places, other = Places(home), replace(CHANNEL, thread="T7")
        await home.say("before")
        places.fresh = [other]
        places.messages[other] = [ago(home.message("and you?", at=other), 2)]
        await home.hear(GAP)
        assert "You said: and you?" in home.screen()[-1]


async def test_threads_of_which_nobody_can_tell_are_read_last_and_not_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "MOST_HIDDEN", 1)
    async with house(store) as home:
        places = Places(home)
        older, newer = replace(CHANNEL, thread="T1"), replace(Address("fake", "W1", "C2"), thread="T2")
        await home.say("before", at=older, message_id="T1")
        await home.say("before", at=newer, message_id="T2")
        places.hidden = {older, newer}
        places.messages[newer] = [ago(home.message("late", at=newer, message_id="T3"), 2)]
        await home.hear(GAP)
        assert places.read_at == [newer.parent, CHANNEL, newer]
        assert "You said: late" in home.screen()[-1]


async def test_a_question_that_was_edited_while_nobody_listened_has_its_answer_revised(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        asked = home.message("What is the capitol of France?")
        await home.hear(asked)
        edited = replace(asked, text="What is the capital of France?", edited_at=datetime.now(UTC))
        places.messages[CHANNEL] = [replace(edited, keys=replace(asked.keys, event="read"))]
        for _ in range(2):
            await home.hear(GAP)
            assert home.screen() == ["You said: What is the capital of France?"]
            assert len(home.gateway.asked()) == 2


async def test_an_edit_that_was_followed_already_is_not_followed_again(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        asked, at = home.message("Where is @Ben?"), datetime.now(UTC)
        await home.hear(asked)
        await home.hear(MessageEdited(CHANNEL, asked.origin.message_id or "", "Where is @Ben now?", at))
        # Ben has another name since, and so the same message another text.
        renamed = replace(asked, text="Where is @Benjamin now?", edited_at=at)
        places.messages[CHANNEL] = [replace(renamed, keys=replace(asked.keys, event="read"))]
        await home.hear(GAP)
        assert home.screen() == ["You said: Where is @Ben now?"]


async def test_a_question_that_was_edited_before_it_was_found_is_no_edit_afterwards(store: Store) -> None:
    async with house(store) as home:
        places = Places(home)
        await home.say("before")
        late = replace(ago(home.message("Where is @Ben?"), 5), edited_at=datetime.now(UTC) - timedelta(minutes=4))
        places.messages[CHANNEL] = [late]
        await home.hear(GAP)
        places.messages[CHANNEL] = [replace(late, text="Where is @Benjamin?")]
        await home.hear(GAP)
        assert "You said: Where is @Ben?" in home.screen()[-1]
        assert len(home.gateway.asked()) == 2
