"""Which pictures a model gets to see, and what is said of those that it does not."""

from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.contract import Attachment, Person, PersonKind
from bot.gateway.values import ChatImage, ChatMessage
from bot.model import Message, TurnId, Window
from bot.prompt import MOST_PICTURES, PICTURE_TOKENS, Prompt, build

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BOT = Person("B1", "Parley", PersonKind.SELF)
ROOMY = 100_000
CAT, DOG = ChatImage("image/png", b"cat"), ChatImage("image/jpeg", b"dog")


def said(text: str, *refs: str, turn: int | None = None, by: str = "Ann") -> Message:
    files = tuple(Attachment(f"{ref}.png", "image/png", 1, ref) for ref in refs)
    return Message(0, "user", Person(by, by), text, NOON, TurnId(turn) if turn else None, files)


def answered(text: str, *refs: str, turn: int | None = None) -> Message:
    files = tuple(Attachment(f"{ref}.png", "image/png", 1, ref) for ref in refs)
    return Message(0, "assistant", BOT, text, NOON, TurnId(turn) if turn else None, files)


def window(*messages: Message) -> Window:
    return Window(messages, len(messages))


def photo(ref: str) -> ChatImage:
    return ChatImage("image/png", ref.encode())


def album(*refs: str) -> dict[str, tuple[ChatImage, ...]]:
    return {ref: (photo(ref),) for ref in refs}


def seen(prompt: Prompt) -> list[str]:
    return [image.data.decode() for message in prompt.messages for image in message.images]


def test_a_picture_goes_with_its_question_and_is_named() -> None:
    prompt = build(window(), [said("What is it?", "cat")], persona="", budget=ROOMY, pictures={"cat": (CAT,)})
    assert prompt.messages == (ChatMessage("user", "What is it?\n[attached: cat.png]", (CAT,)),)
    assert prompt.shown == {"cat"}
    assert prompt.tokens > PICTURE_TOKENS


def test_a_picture_without_words_is_a_question() -> None:
    prompt = build(window(), [said("", "cat")], persona="", budget=ROOMY, pictures={"cat": (CAT,)})
    assert prompt.messages == (ChatMessage("user", "[attached: cat.png]", (CAT,)),)


def test_files_that_are_no_pictures_are_mentioned_as_before() -> None:
    prompt = build(window(), [said("These?", "cat", "odd")], persona="", budget=ROOMY, pictures={"cat": (CAT,)})
    (message,) = prompt.messages
    assert message.text == "These?\n[attached: cat.png]\n[attached, not readable: odd.png]"
    assert message.images == (CAT,)


def test_a_file_of_several_pages_is_several_pictures() -> None:
    prompt = build(window(), [said("Read it", "cat")], persona="", budget=ROOMY, pictures={"cat": (CAT, DOG)})
    assert prompt.messages[0].images == (CAT, DOG)


def test_pictures_of_messages_that_are_told_together_come_together() -> None:
    asked = [said("This", "one", by="Ann"), said("or this?", "two", by="Bo")]
    prompt = build(window(), asked, persona="", budget=ROOMY, pictures=album("one", "two"))
    assert prompt.messages[-1].text == "Ann: This\n[attached: one.png]\n\nBo: or this?\n[attached: two.png]"
    assert seen(prompt) == ["one", "two"]


def test_pictures_of_earlier_questions_are_seen_again() -> None:
    history = window(said("What is it?", "cat", turn=1), answered("A cat.", turn=1))
    prompt = build(history, [said("What colour?", turn=2)], persona="", budget=ROOMY, pictures={"cat": (CAT,)})
    assert [message.images for message in prompt.messages] == [(CAT,), (), ()]


def test_at_most_eight_pictures_are_shown_and_the_newest_of_them() -> None:
    refs = [str(n) for n in range(12)]
    history = [
        each for ref in refs[:10] for each in (said("?", ref, turn=int(ref) + 1), answered("!", turn=int(ref) + 1))
    ]
    prompt = build(window(*history), [said("?", *refs[10:])], persona="", budget=ROOMY, pictures=album(*refs))
    assert seen(prompt) == refs[4:]
    assert len(seen(prompt)) == MOST_PICTURES
    assert prompt.included == 20
    assert prompt.messages[0].text == "?\n[attached, not readable: 0.png]"


def test_the_number_of_pictures_can_be_chosen() -> None:
    asked = [said("?", "one", "two", "three")]
    assert seen(
        build(window(), asked, persona="", budget=ROOMY, pictures=album("one", "two", "three"), most_pictures=2)
    ) == [
        "one",
        "two",
    ]
    assert seen(build(window(), asked, persona="", budget=ROOMY, pictures=album("one"), most_pictures=0)) == []


def test_older_pictures_go_first_when_the_budget_is_short_and_their_words_stay() -> None:
    history = window(
        said("First?", "one", turn=1), answered("1", turn=1), said("Second?", "two", turn=2), answered("2", turn=2)
    )
    pictures = album("one", "two", "three")
    prompt = build(history, [said("Third?", "three")], persona="", budget=2 * PICTURE_TOKENS + 500, pictures=pictures)
    assert seen(prompt) == ["two", "three"]
    assert prompt.included == 4
    assert prompt.shown == {"two", "three"}


def test_a_newer_picture_goes_before_an_older_exchange() -> None:
    long = "word " * 1200
    history = window(said(long, turn=1), answered("1", turn=1), said("Second?", "two", turn=2), answered("2", turn=2))
    prompt = build(history, [said("Third?")], persona="", budget=2 * PICTURE_TOKENS, pictures=album("two"))
    assert seen(prompt) == ["two"]
    assert prompt.included == 2


def test_one_picture_of_the_question_is_shown_however_short_the_budget() -> None:
    prompt = build(window(), [said("?", "one", "two")], persona="", budget=300, pictures=album("one", "two"))
    assert seen(prompt) == ["one"]
    assert "[attached, not readable: two.png]" in prompt.messages[0].text


def test_words_of_a_question_keep_half_of_the_budget_beside_its_pictures() -> None:
    refs = [str(n) for n in range(8)]
    asked = [said("word " * 5000, *refs)]
    prompt = build(window(), asked, persona="", budget=8 * PICTURE_TOKENS, pictures=album(*refs))
    assert len(seen(prompt)) == 4
    assert 7.5 * PICTURE_TOKENS < prompt.tokens <= 8 * PICTURE_TOKENS


def test_a_picture_that_is_sent_twice_is_shown_where_it_is_newest() -> None:
    history = window(said("Look", "cat", turn=1), answered("Nice.", turn=1))
    prompt = build(history, [said("Again", "cat")], persona="", budget=ROOMY, pictures={"cat": (CAT,)})
    assert [bool(message.images) for message in prompt.messages] == [False, False, True]


def test_too_many_bytes_are_left_out() -> None:
    big = ChatImage("image/png", b"0" * 11 * 1024 * 1024)
    prompt = build(
        window(), [said("?", "one", "two")], persona="", budget=ROOMY, pictures={"one": (big,), "two": (big,)}
    )
    assert prompt.shown == {"one"}


def test_an_answers_own_files_are_no_pictures_of_a_person() -> None:
    history = window(said("Draw", turn=1), answered("Here.", "cat", turn=1))
    prompt = build(history, [said("Nice")], persona="", budget=ROOMY, pictures={"cat": (CAT,)})
    assert seen(prompt) == []
    assert prompt.messages[1] == ChatMessage("assistant", "Here.")


def test_pictures_stay_when_an_answer_goes_on() -> None:
    prompt = build(
        window(), [said("Look", "cat")], persona="", budget=ROOMY, partial="It is a", pictures={"cat": (CAT,)}
    )
    assert [message.role for message in prompt.messages] == ["user", "assistant", "user"]
    assert prompt.messages[0].images == (CAT,)


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(0, 4), st.integers(2_200, 12_000), st.integers(0, 9))
@settings(max_examples=150)
@example([0, 0, 3], 1, 3314, 3)
def test_pictures_keep_to_the_budget_and_to_their_number(counts: list[int], asked: int, tokens: int, most: int) -> None:
    refs = iter(map(str, range(100)))
    history = [
        each
        for turn, many in enumerate(counts, start=1)
        for each in (said("why " * 50, *(next(refs) for _ in range(many)), turn=turn), answered("so " * 50, turn=turn))
    ]
    question = said("And?", *(next(refs) for _ in range(asked)), turn=99)
    pictures = album(*map(str, range(100)))
    plain = build(window(*history), [question], persona="", budget=tokens)
    prompt = build(window(*history), [question], persona="", budget=tokens, pictures=pictures, most_pictures=most)
    assert len(seen(prompt)) == len(prompt.shown) <= most
    assert prompt.tokens <= tokens
    assert prompt.included <= plain.included
    assert not seen(plain)
