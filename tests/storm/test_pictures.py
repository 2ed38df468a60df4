"""The tally sees what should not become of voice notes, of pictures that people show and of those that are drawn."""

import pytest

from tests.storm import files, marks
from tests.storm.fates import Fate
from tests.storm.plan import Way
from tests.storm.scene import Scene
from tests.storm.values import Bought

NOTICE = "Sorry, I was interrupted."
HALF = " ".join(marks.answer((1,)).split()[:9])


@pytest.fixture
def scene() -> Scene:
    return Scene()


def _quote(*numbers: int) -> str:
    return "".join(f"> {marks.question(number)}\n\n" for number in numbers)


def _speak(scene: Scene, *numbers: int) -> None:
    for number in numbers:
        scene.ask(number, Way.SLACK_VOICE)


def test_the_quote_of_what_was_said_is_no_part_of_the_answer(scene: Scene) -> None:
    _speak(scene, 1, 2)
    scene.serve(1, 2)
    scene.post(_quote(1, 2) + marks.answer((1, 2)))
    assert scene.wrong() == {}
    assert scene.tally().fates[Fate.ANSWERED] == 2


def test_a_quote_alone_is_no_answer_and_no_notice(scene: Scene) -> None:
    _speak(scene, 1)
    scene.serve(1, whole=False)
    scene.post(_quote(1))
    assert scene.wrong() == {"silent": [1]}


def test_a_notice_under_the_quote_is_one(scene: Scene) -> None:
    _speak(scene, 1)
    scene.serve(1, whole=False)
    scene.post(_quote(1) + NOTICE)
    assert scene.wrong() == {}
    assert scene.tally().fates[Fate.TOLD] == 1


def test_half_an_answer_under_the_quote_wants_a_word(scene: Scene) -> None:
    _speak(scene, 1)
    scene.serve(1, whole=False)
    scene.post(_quote(1) + HALF)
    assert scene.wrong() == {"torn": [1]}


def test_what_was_said_is_quoted_once(scene: Scene) -> None:
    _speak(scene, 1)
    scene.serve(1)
    scene.post(_quote(1))
    scene.post(_quote(1) + marks.answer((1,)))
    assert scene.wrong() == {"questions shown twice": [1]}


def test_a_voice_note_that_nobody_heard_is_told_by_its_name_or_under_the_answer_to_its_neighbour(scene: Scene) -> None:
    _speak(scene, 1, 2, 3)
    scene.serve(2)
    scene.post(_quote(2) + marks.answer((2,)))
    assert scene.wrong() == {"lost": [1, 3]}
    scene.shown[-1:] = []
    scene.post(_quote(2) + marks.answer((2,)) + f"\n\n_I could not use the file {files.name(1, 'm4a')}._")
    assert scene.wrong() == {}
    assert scene.tally().fates[Fate.TOLD] == 2


def test_a_notice_about_one_file_does_not_speak_of_another_question(scene: Scene) -> None:
    _speak(scene, 1)
    scene.ask(2)
    scene.serve(2, whole=False)
    scene.post(f"I cannot get at the file {files.name(1, 'm4a')}.")
    assert scene.wrong() == {"silent": [2]}


def test_a_voice_note_that_is_told_by_its_name_takes_no_notice_from_a_later_question(scene: Scene) -> None:
    scene.ask(1)
    _speak(scene, 2)
    scene.serve(1)
    scene.post(marks.answer((1,)) + f"\n\n_I cannot get at the file {files.name(2, 'm4a')}._")
    scene.ask(3)
    scene.serve(3, whole=False)
    assert scene.wrong() == {"silent": [3]}
    scene.post(NOTICE)
    assert scene.wrong() == {}


def test_a_transcript_or_a_picture_that_was_bought_twice_is_counted_and_one_that_broke_off_is_not(scene: Scene) -> None:
    _speak(scene, 1)
    scene.buy(1, Bought.HEARD, whole=False)
    scene.buy(1, Bought.HEARD)
    scene.answer(1)
    assert scene.tally().paid_again == 0
    scene.buy(1, Bought.HEARD)
    scene.buy(2, Bought.DRAWN)
    scene.buy(2, Bought.DRAWN)
    assert scene.tally().paid_again == scene.tally().files["transcripts and pictures bought again"] == 2


def test_the_rounds_of_one_answer_are_not_bought_again(scene: Scene) -> None:
    scene.ask(1, Way.SLACK_DRAW)
    scene.serve(1)
    scene.serve(1, round=1)
    scene.post(marks.answer((1,)))
    assert scene.tally().paid_again == 0
    scene.serve(1, round=1)
    assert scene.tally().paid_again == 1


def test_a_picture_that_stands_twice_is_a_double(scene: Scene) -> None:
    scene.ask(1, Way.SLACK_DRAW)
    scene.buy(1, Bought.DRAWN)
    scene.picture(1)
    scene.answer(1)
    assert scene.wrong() == {}
    scene.picture(1)
    assert scene.wrong() == {"doubled": [1]}


def test_the_words_under_a_picture_are_no_notice(scene: Scene) -> None:
    scene.ask(1, Way.SLACK_DRAW)
    scene.serve(1)
    scene.buy(1, Bought.DRAWN)
    scene.picture(1, text="a lighthouse")
    assert scene.wrong() == {"silent": [1]}


def test_a_picture_that_was_paid_and_does_not_stand_wants_a_word(scene: Scene) -> None:
    scene.ask(1, Way.SLACK_DRAW)
    scene.serve(1)
    scene.buy(1, Bought.DRAWN)
    scene.post(marks.answer((1,)))
    assert scene.wrong() == {"silent": [1]}
    scene.shown[-1:] = []
    scene.post(marks.answer((1,)) + "\n\n_The picture was not taken._")
    assert scene.wrong() == {}


def test_a_picture_that_the_model_was_not_shown_wants_a_word(scene: Scene) -> None:
    scene.ask(1, Way.SLACK_PICTURE)
    scene.answer(1)
    assert scene.wrong() == {"pictures passed over": [1]}
    scene.serve(1, sees=True)
    assert scene.wrong() == {}
    assert scene.tally().files["pictures seen"] == 1


def test_a_word_about_a_picture_that_could_not_be_read_is_enough(scene: Scene) -> None:
    scene.ask(1, Way.SLACK_PICTURE)
    scene.serve(1)
    scene.post(f"{marks.answer((1,))}\n\n_I could not use the file {files.name(1, 'png')}._")
    assert scene.wrong() == {}


@pytest.mark.parametrize(("named", "wrong"), [(1, {}), (2, {"pictures passed over": [1]})])
def test_that_word_may_stand_on_a_page_of_its_own(scene: Scene, named: int, wrong: dict[str, list[int]]) -> None:
    scene.ask(1, Way.SLACK_PICTURE)
    scene.serve(1)
    scene.post(marks.answer((1,)))
    scene.post(f"_I could not use the file {files.name(named, 'png')}._")
    assert scene.wrong() == wrong
