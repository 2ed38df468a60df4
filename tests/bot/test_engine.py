"""A question goes in, one answer comes out, and it is remembered; whatever fails, the asker is told."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot import turn as turn_module
from bot.answering import Answering
from bot.contract import Address, Addressed, MessageDeleted, MessageEdited, Person, PersonKind, PostId
from bot.errors import ChannelBusy, ChannelGone
from bot.features.ahead import Reading
from bot.gateway.client import Patience
from bot.model import Answer as Stored
from bot.model import Bounds, Ended, TurnId, Verdict
from bot.runner import local
from bot.store import Store
from bot.turn import Turn
from tests.bot.house import ANN, BEN, CHANNEL, house
from tests.fakes.gateway import Answer, Broken, Cut, Fail, Source

THREAD = Address("fake", "W1", "C1", "M1")
OLD_THREAD = Address("fake", "W1", "C1", "T0")


async def test_a_question_becomes_one_answer_that_is_remembered(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("Paris.")
        await home.say("What is the capital of France?")
        home.gateway.answer("Two million.")
        await home.say("How many people live there?")
        assert home.platform.shown() == ["Paris.", "Two million."]
        assert home.prompts()[1] == [
            ("user", "What is the capital of France?"),
            ("assistant", "Paris."),
            ("user", "How many people live there?"),
        ]


async def test_a_redelivered_event_is_answered_once(store: Store) -> None:
    async with house(store) as home:
        event = home.message("hello")
        twin = replace(event, keys=replace(event.keys, event="another-delivery"))
        for delivery in (event, event, twin):
            await home.hear(delivery)
        assert len(home.platform.shown()) == 1
        assert len(home.gateway.asked()) == 1


async def test_messages_that_pile_up_are_answered_together_in_one_next_turn(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("first", hold=hold))
        await home.engine.accept(home.message("one"))
        await home.until(home.gateway.asked)
        await home.engine.accept(home.message("two"))
        await home.engine.accept(home.message("three"))
        home.gateway.answer("second")
        hold.set()
        await home.quiet()
        assert home.platform.shown() == ["first", "second"]
        assert len(home.gateway.asked()) == 2
        assert "two" in home.prompts()[1][-1][1]
        assert "three" in home.prompts()[1][-1][1]


async def test_conversations_are_answered_side_by_side(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("slow", hold=hold))
        await home.engine.accept(home.message("one"))
        await home.until(home.gateway.asked)
        other = Address("fake", "W1", "C2")
        home.gateway.answer("quick")
        await home.engine.accept(home.message("two", at=other))
        await home.until(lambda: "quick" in home.platform.shown(other))
        assert home.platform.shown(CHANNEL) == []
        hold.set()
        await home.quiet()
        assert home.platform.shown(CHANNEL) == ["slow"]


async def test_several_people_are_told_apart_by_name(store: Store) -> None:
    async with house(store) as home:
        await home.say("I like tea.", who=ANN)
        await home.say("What does Ann like?", who=BEN)
        sent = home.prompts()[1]
        assert sent[0][1].startswith("Ann: ")
        assert sent[-1][1].startswith("Ben: ")


async def test_one_workspace_never_sees_anothers_history(store: Store) -> None:
    async with house(store) as home:
        await home.say("a secret")
        await home.say("hello", at=replace(CHANNEL, workspace="W2"))
        assert home.prompts()[1] == [("user", "hello")]


async def test_what_is_said_to_nobody_in_a_channel_is_neither_answered_nor_kept(store: Store) -> None:
    async with house(store) as home:
        await home.say("just chatting", addressed=Addressed.OPEN)
        assert home.platform.shown() == []
        assert await store.find(CHANNEL) is None


async def test_a_joined_thread_is_followed_without_a_mention(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello", at=THREAD, message_id="M1")
        await home.say("and then?", at=THREAD, addressed=Addressed.OPEN)
        await home.say("Ben, look at this", at=THREAD, addressed=Addressed.OTHER)
        assert len(home.platform.shown()) == 2
        await home.say("what did I show Ben?", at=THREAD)
        assert any("look at this" in text for _, text in home.prompts()[2])


async def test_a_thread_is_read_once_when_the_bot_is_called_into_it(store: Store) -> None:
    async with house(store) as home:
        bot = Person("B1", "Parley", PersonKind.SELF)
        home.platform.earlier = [
            home.message("we need a name", at=OLD_THREAD, who=BEN, message_id="T0", addressed=Addressed.OPEN),
            home.message("how about Max?", at=OLD_THREAD, who=bot, message_id="T1"),
        ]
        await home.say("what do you think?", at=OLD_THREAD)
        await home.say("and now?", at=OLD_THREAD)
        assert home.platform.read_at == [OLD_THREAD]
        first = home.prompts()[0]
        assert "we need a name" in first[0][1]
        assert ("assistant", "how about Max?") in first
        assert "what do you think?" in first[-1][1]


async def test_a_new_thread_is_not_read(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello", at=THREAD, message_id="M1")
        assert home.platform.read_at == []


async def test_a_thread_that_cannot_be_read_is_answered_all_the_same(store: Store) -> None:
    async with house(store) as home:
        home.platform.earlier = ChannelGone("missing history permission")
        await home.say("hello", at=OLD_THREAD)
        assert len(home.platform.shown()) == 1


async def test_a_full_conversation_tells_instead_of_being_silent(store: Store) -> None:
    async with house(store, bounds=Bounds(waiting=1, open_turns=100)) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("first", hold=hold))
        await home.engine.accept(home.message("one"))
        await home.until(home.gateway.asked)
        await home.engine.accept(home.message("two"))
        await home.engine.accept(home.message("three"))
        hold.set()
        await home.quiet()
        assert len(home.platform.shown()) == 2
        assert home.platform.notices() == [home.kit.words.text("too-busy", "en")]


@pytest.mark.parametrize(
    ("failure", "notice"),
    [
        (Fail(401, code="invalid_api_key"), "gateway-rejected"),
        (Fail(404, code="model_not_found"), "model-unavailable"),
        (Fail(429, headers={"retry-after": "3600"}), "gateway-busy-until"),
        (Answer("", finish="content_filter"), "content-refused"),
    ],
)
async def test_a_failure_is_told_in_plain_words(store: Store, failure: Fail | Answer, notice: str) -> None:
    async with house(store) as home:
        home.gateway.script(failure)
        await home.say("hello")
        (told,) = home.platform.shown()
        params = {"model": "gpt-5-chat-latest", "seconds": 3600}
        assert told == home.kit.words.text(notice, "en", **params)


async def test_a_notice_is_in_the_askers_language(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Fail(404, code="model_not_found"))
        await home.say("你好", locale="zh-CN")
        assert home.platform.shown() == [home.kit.words.text("model-unavailable", "zh-CN", model="gpt-5-chat-latest")]


async def test_a_failed_question_is_not_lost_for_the_next_one(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Fail(401, code="invalid_api_key"))
        await home.say("my name is Ann")
        await home.say("what is my name?")
        assert "my name is Ann" in home.prompts()[-1][0][1]


async def test_the_fallback_model_is_suggested_and_never_taken_silently(store: Store) -> None:
    async with house(store) as home:
        home.with_defaults(fallback_model="grok-4")
        home.gateway.script(Fail(404, code="model_not_found"))
        await home.say("hello")
        assert "/model grok-4" in home.platform.shown()[0]
        assert {seen.model for seen in home.gateway.asked()} == {"gpt-5-chat-latest"}


async def test_what_was_written_stays_when_the_stream_is_cut(store: Store) -> None:
    async with house(store, patience=Patience(tries=1)) as home:
        home.gateway.script(Answer("Half of an answer that goes on", chunks=4, end=Cut(after=2)))
        await home.say("hello")
        (shown,) = home.platform.shown()
        assert shown.startswith("Half of an")
        assert "broke off here" in shown
        await home.say("go on")
        assert home.prompts()[-1][1][0] == "assistant"
        assert "broke off" not in home.prompts()[-1][1][1]


async def test_an_error_in_mid_stream_keeps_the_text_and_says_why(store: Store) -> None:
    async with house(store) as home:
        broken = Broken(Fail(529, "overloaded"), after=2)
        home.gateway.script(Answer("Half of an answer that goes on", chunks=4, end=broken))
        await home.say("hello")
        (shown,) = home.platform.shown()
        assert shown.startswith("Half of")
        assert "overloaded" in shown


async def test_a_prompt_that_is_too_long_is_trimmed_and_tried_once_more(store: Store) -> None:
    async with house(store) as home:
        for number in range(3):
            await home.say(f"question {number} " + "word " * 400)
        home.gateway.context["gpt-5-chat-latest"] = 1500
        home.with_defaults(history_tokens=2400)
        await home.say("the newest")
        assert home.prompts()[-1][-1] == ("user", "the newest")
        assert len(home.prompts()[-1]) < len(home.prompts()[-2])
        assert home.platform.shown()[-1].startswith("You said: the newest")


async def test_a_blank_answer_becomes_a_notice(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("  ")
        await home.say("hello")
        (told,) = home.platform.shown()
        assert "gpt-5-chat-latest" in told


async def test_an_empty_question_is_asked_back_without_a_paid_call(store: Store) -> None:
    async with house(store) as home:
        await home.say("   ")
        assert home.platform.shown() == [home.kit.words.text("empty-question", "en")]
        assert home.gateway.asked() == []


async def test_files_that_are_not_read_are_named_and_the_text_is_answered(store: Store) -> None:
    async with house(store) as home:
        await home.say("what is this?", files=("plan.pdf", "photo.png"))
        await home.say("", files=("voice.ogg",))
        shown = home.platform.shown()
        assert "plan.pdf, photo.png" in shown[0]
        assert shown[0].startswith("You said: what is this?")
        assert shown[1] == home.kit.words.text("nothing-to-read", "en")
        assert len(home.gateway.asked()) == 1


async def test_sources_that_the_answer_does_not_link_are_listed(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer("Rain tonight.", citations=(Source("https://met.example/today", "Met Office"),)))
        await home.say("weather?")
        assert home.platform.shown()[0] == "Rain tonight.\n\n1. [Met Office](https://met.example/today)"


async def test_an_answer_cut_by_length_says_so(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer("Once upon a time", finish="length"))
        await home.say("a story")
        assert home.kit.words.text("cut-by-length", "en") in home.platform.shown()[0]


async def test_thought_is_never_shown_or_remembered(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer("Four.", thought="two and two", thought_in="think", chunks=9))
        await home.say("2+2?")
        await home.say("sure?")
        assert home.platform.shown()[0] == "Four."
        assert "two and two" not in str(home.prompts())


async def test_an_unforeseen_failure_gives_an_incident_number(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    async with house(store) as home:
        home.engine._answering._kit = replace(home.kit, catalogue=None)  # type: ignore[arg-type]  # broken on purpose
        with caplog.at_level(logging.ERROR):
            await home.say("hello")
        (told,) = home.platform.shown()
        number = caplog.text.partition("incident id=")[2].split()[0]
        assert number in told
        assert "Traceback" in caplog.text


async def test_a_database_that_is_away_for_a_moment_fails_no_question(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "FIRST_PAUSE_S", 0.01)
    real, failures = Answering.answer, [OperationalError("select", {}, OSError("away"))]

    async def answer(answering: Answering, turn: Turn, early: Reading | None) -> None:
        if failures:
            raise failures.pop()
        await real(answering, turn, early)

    monkeypatch.setattr(Answering, "answer", answer)
    async with house(store) as home:
        home.gateway.answer("Paris.")
        await home.say("What is the capital of France?")
        assert not failures
        assert home.platform.shown() == ["Paris."]


async def test_a_channel_that_is_gone_ends_the_turn_and_not_the_lane(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(store) as home:
        home.platform.prepare = [("send", ChannelGone("archived"))]
        with caplog.at_level(logging.ERROR):
            await home.say("hello")
        assert "turn_untold" in caplog.text
        home.platform.prepare = []
        await home.say("again")
        assert len(home.platform.shown()) == 1


async def test_without_any_model_it_says_what_to_set(store: Store) -> None:
    async with house(store, keyless=True) as home:
        await home.say("hello")
        assert "TOKENGATE_BASE_URL" in home.platform.shown()[0]


async def test_an_edited_question_is_remembered_as_edited_and_a_deleted_one_is_forgotten(store: Store) -> None:
    async with house(store) as home:
        await home.say("my name is Anna", message_id="A")
        await home.say("I live in Rome", message_id="B")
        await home.engine.accept(MessageEdited(CHANNEL, "A", "my name is Ann"))
        await home.engine.accept(MessageDeleted(CHANNEL, "B"))
        await home.say("who am I?")
        people = [text for role, text in home.prompts()[-1] if role == "user"]
        assert people == ["my name is Ann", "who am I?"]
        assert "Rome" not in str(home.prompts()[-1])


async def test_a_question_taken_back_before_its_turn_is_not_answered(store: Store) -> None:
    async with house(store) as home:
        await store.accept(home.message("never mind", message_id="A"), Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        await store.claim(conversation, 40)
        await home.engine.accept(MessageDeleted(CHANNEL, "A"))
        home.engine.recover(conversation)
        await home.quiet()
        assert home.platform.shown() == []
        assert home.gateway.asked() == []
        assert await store.open_conversations() == ()


async def test_turns_left_open_by_a_stopped_process_are_taken_up(store: Store) -> None:
    async with house(store) as home:
        await store.accept(home.message("left open"), Bounds(20, 100))
        for conversation in await store.open_conversations():
            home.engine.recover(conversation)
        await home.quiet()
        assert home.platform.shown() == ["You said: left open"]


async def test_an_answer_stored_before_a_crash_is_shown_without_paying_again(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello")
        paid = len(home.gateway.asked())
        event = home.message("again")
        await store.accept(event, Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        claim = await store.claim(conversation, 40)
        assert claim is not None
        await _answer_behind_the_back(store, claim.turn, claim.attempt)
        home.engine.recover(conversation)
        await home.quiet()
        assert home.platform.shown()[-1] == "stored before the crash"
        assert len(home.gateway.asked()) == paid


async def test_a_question_that_ends_its_process_each_time_is_given_up(store: Store) -> None:
    async with house(store) as home:
        await store.accept(home.message("cursed"), Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        for _ in range(4):
            await store.claim(conversation, 40)
        home.engine.recover(conversation)
        await home.quiet()
        assert home.platform.shown() == [home.kit.words.text("interrupted", "en")]
        assert home.gateway.asked() == []
        assert await store.open_conversations() == ()


async def _answer_behind_the_back(store: Store, turn: TurnId, attempt: int) -> None:
    await store.answered(turn, attempt, Stored("stored before the crash", "gpt-5"))


async def test_a_command_asks_visibly_and_is_answered_under_its_question(store: Store) -> None:
    async with house(store) as home:
        home.platform.anchored = replace(home.message("x").origin, address=THREAD, message_id="M1")
        await home.hear(home.command("ask", question="What is love?"))
        assert home.platform.shown(THREAD) == ["You said: What is love?"]
        home.platform.anchored = None
        await home.say("and hate?", at=THREAD, addressed=Addressed.OPEN)
        assert [text for _, text in home.prompts()[-1]] == [
            "What is love?",
            "You said: What is love?",
            "and hate?",
        ]


async def test_two_people_asking_by_command_get_an_answer_each(store: Store) -> None:
    async with house(store) as home:
        await home.engine.accept(home.command("ask", question="one", who=ANN))
        await home.engine.accept(home.command("ask", question="two", who=BEN))
        await home.quiet()
        assert len(home.gateway.asked()) == 2


async def test_a_commit_whose_confirmation_was_lost_is_answered_all_the_same(store: Store) -> None:
    async with house(store) as home:
        real = store.take

        async def unconfirmed(*words: Any, **how: Any) -> Any:
            taken = await real(*words, **how)
            await taken.committed
            if taken.value[0].verdict is Verdict.DUPLICATE:
                return taken
            lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            lost.set_exception(OSError("connection lost"))
            return replace(taken, committed=lost)

        store.take = unconfirmed  # type: ignore[method-assign]  # the network between us and the server
        await home.hear(home.message("hello"))
        assert home.platform.shown() == ["You said: hello"]


async def test_two_installations_behind_one_gateway_name_their_calls_differently(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        async with await Store.open(f"sqlite:///{tmp_path / name}.db") as store, house(store) as home:
            await home.say("hello")
            keys += [request.headers["idempotency-key"] for request in home.gateway.asked()]
    assert len({*keys}) == len(keys) == 2


async def test_an_accept_that_is_given_up_half_way_is_answered_all_the_same(store: Store) -> None:
    async with house(store) as home:
        accepting = asyncio.create_task(home.engine.accept(home.message("hello")))
        await asyncio.sleep(0)
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        await home.until(home.platform.shown)
        await home.quiet()
        assert home.platform.shown() == ["You said: hello"]


async def test_a_turn_that_cannot_even_be_failed_does_not_come_back_for_ever(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "FIRST_PAUSE_S", 0.001)
    async with house(store) as home:
        home.platform.prepare = [("send", RuntimeError("unforeseen"))] * 3  # type: ignore[list-item]  # on purpose
        with caplog.at_level(logging.ERROR):
            await home.say("hello")
        assert "turn_untold" in caplog.text or "reply_broken" in caplog.text
        assert await store.open_conversations() == ()


async def test_a_stored_answer_is_never_replaced_by_a_notice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "FIRST_PAUSE_S", 0.001)
    async with house(store) as home:
        real, failures = store.closed, [OSError("database away")]

        async def closed(*words: Any) -> Ended:
            if failures:
                raise failures.pop()
            return await real(*words)

        monkeypatch.setattr(store, "closed", closed)  # a database that was away for a moment
        await home.say("hello")
        assert home.platform.shown()[0] == "You said: hello"
        assert not any("wrong on my side" in text for text in home.platform.shown())
        assert len(home.gateway.asked()) == 1
        assert await store.open_conversations() == ()


async def test_an_answer_that_could_not_be_stored_at_once_is_kept_and_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_module, "SAVING_PAUSES_S", (0.001, 0.001))
    async with house(store) as home:
        real, failures = store.answered, [OSError("locked"), OSError("locked")]

        async def answered(*words: Any) -> None:
            if failures:
                raise failures.pop()
            await real(*words)

        monkeypatch.setattr(store, "answered", answered)  # a database that was locked for a moment
        await home.say("hello")
        assert home.platform.shown() == ["You said: hello"]
        assert len(home.gateway.asked()) == 1


async def test_what_stands_under_an_answer_survives_a_restart(store: Store) -> None:
    async with house(store) as home:
        await store.accept(home.message("a story"), Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        claim = await store.claim(conversation, 40)
        assert claim is not None
        shown = "Half\n\n_cut here_"
        await store.answered(claim.turn, claim.attempt, Stored("Half", "gpt-5", shown=shown))
        home.engine.recover(conversation)
        await home.quiet()
        assert home.platform.shown() == [shown]
        assert (await store.window(conversation, 1)).messages[0].text == "Half"


async def test_a_note_under_an_answer_that_was_cut_in_its_code_stands_outside_of_it(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer("look:\n```python\nprint(1)", finish="length"))
        await home.say("code")
        note = home.kit.words.text("cut-by-length", "en")
        assert home.platform.shown() == [f"look:\n```python\nprint(1)\n```\n\n_{note}_"]


async def test_a_command_without_its_question_is_asked_back_in_private(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("ask", question="  "))
        assert home.platform.shown() == []
        assert home.platform.notices() == [home.kit.words.text("empty-question", "en")]


async def test_a_half_written_answer_goes_with_the_question_that_was_taken_back(store: Store) -> None:
    async with house(store) as home:
        await store.accept(home.message("never mind", message_id="A"), Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        claim = await store.claim(conversation, 40)
        assert claim is not None
        await store.placed(claim.turn, claim.attempt, 0, "t-0", PostId("P1"))
        await home.engine.accept(MessageDeleted(CHANNEL, "A"))
        home.engine.recover(conversation)
        await home.quiet()
        assert [call.verb for _, channel in home.platform.channels for call in channel.calls] == ["find", "delete"]


async def test_a_limited_platform_is_waited_for_before_a_question_is_shown(store: Store) -> None:
    async with house(store) as home:
        home.platform.prepare = [("anchor", ChannelBusy("limited", 0.01))]
        home.platform.anchored = replace(home.message("x").origin, address=THREAD, message_id="M1")
        await home.hear(home.command("ask", question="why?"))
        assert "You said: why?" in home.platform.shown()
