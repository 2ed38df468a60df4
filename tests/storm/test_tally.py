"""The tally sees each defect that a storm is there for, and takes nothing else for one."""

import pytest

from tests.storm import marks
from tests.storm.fates import Fate
from tests.storm.plan import Trouble, Way
from tests.storm.scene import Scene

NOTICE = "Sorry, I was interrupted."
HALF = " ".join(marks.answer((1,)).split()[:9])


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_answered_questions_are_right(scene: Scene) -> None:
    scene.ask(1)
    scene.answer(1)
    scene.ask(2)
    scene.ask(3)
    scene.answer(2, 3)
    assert scene.wrong() == {}
    found = scene.tally()
    assert (found.fates[Fate.ANSWERED], found.answers_min, found.answers_max, found.turns) == (3, 1, 1, 2)


def test_two_answers_are_a_double_even_where_nobody_had_to_know_of_the_question(scene: Scene) -> None:
    scene.ask(1, taken=False)
    scene.answer(1)
    scene.post(marks.answer((1,)))
    assert scene.wrong() == {"doubled": [1]}
    assert scene.tally().answers_max == 2


def test_a_partial_post_beside_the_whole_answer_is_a_double(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1, whole=False)
    scene.post(HALF)
    scene.answer(1)
    assert scene.wrong() == {"doubled": [1]}


def test_an_answer_over_two_posts_is_one_and_a_page_that_stands_twice_is_seen(scene: Scene) -> None:
    words = marks.answer((1,)).split()
    first, second = " ".join(words[:10]), " ".join(words[10:])
    scene.ask(1)
    scene.serve(1)
    scene.post(first)
    scene.post(second)
    assert scene.wrong() == {}
    scene.post(second)
    assert scene.wrong() == {"torn": [1]}


def test_nothing_at_all_is_lost_before_the_model_was_asked_and_silent_after(scene: Scene) -> None:
    scene.ask(1)
    scene.ask(2)
    scene.serve(2)
    assert scene.wrong() == {"lost": [1], "silent": [2]}


def test_a_notice_tells_the_questions_of_its_turn_and_no_others(scene: Scene) -> None:
    for number in (1, 2, 3):
        scene.ask(number)
    scene.serve(1, 2, whole=False)
    scene.serve(3, whole=False)
    scene.post(NOTICE)
    assert scene.wrong() == {"silent": [3]}
    scene.post(NOTICE)
    assert scene.wrong() == {}
    assert scene.tally().told_share == 1.0


def test_a_notice_before_a_question_does_not_speak_of_it(scene: Scene) -> None:
    scene.post(NOTICE)
    scene.ask(1)
    assert scene.wrong() == {"lost": [1]}


def test_neighbours_that_the_model_never_saw_share_a_notice(scene: Scene) -> None:
    scene.ask(1)
    scene.answer(1)
    scene.ask(2)
    scene.ask(3)
    scene.post(NOTICE)
    assert scene.wrong() == {}


def test_a_notice_that_replies_to_one_question_does_not_speak_of_another(scene: Scene) -> None:
    scene.ask(1, platform="discord")
    scene.ask(2, platform="discord")
    scene.serve(1, whole=False)
    scene.serve(2, whole=False)
    scene.post(NOTICE, platform="discord", reply_to="m2")
    assert scene.wrong() == {"silent": [1]}


def test_a_notice_for_many_may_reply_to_the_one_that_was_said_aloud_and_not_understood(scene: Scene) -> None:
    scene.ask(1, platform="discord")
    scene.ask(2, Way.DISCORD_VOICE, platform="discord")
    scene.serve(1, whole=False, unread=(2,))
    scene.post(NOTICE, platform="discord", reply_to="m2")
    assert scene.wrong() == {}
    # The next turn understands it, and answers it with its own: the notice was for the first all the same.
    scene.ask(3, platform="discord")
    scene.answer(2, 3, platform="discord")
    assert scene.wrong() == {}


@pytest.mark.parametrize("first", [Way.SLACK_DIRECT, Way.SLACK_VOICE])
def test_what_is_said_aloud_and_not_understood_is_told_with_its_turn(scene: Scene, first: Way) -> None:
    aloud = 1 if first is Way.SLACK_VOICE else 2
    for number in (1, 2):
        scene.ask(number, Way.SLACK_VOICE if number == aloud else Way.SLACK_DIRECT)
    scene.serve(3 - aloud, whole=False, unread=(aloud,))
    scene.ask(3, Way.SLACK_VOICE)
    scene.post(NOTICE)
    assert scene.wrong() == {"lost": [3]}


def test_half_an_answer_wants_a_word(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1, whole=False)
    scene.post(HALF)
    assert scene.wrong() == {"torn": [1]}
    scene.shown[-1:] = []
    scene.post(f"{HALF} bir _The answer broke off._")
    assert scene.wrong() == {}
    assert scene.tally().fates[Fate.CUT] == 1


def test_a_cut_inside_a_word_is_no_word_about_it(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1, whole=False)
    scene.post(HALF[:-2])
    assert scene.wrong() == {"torn": [1]}


def test_a_cut_just_before_the_end_of_a_sentence_is_a_cut_with_a_word_about_it(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1, whole=False)
    scene.post(f"{marks.answer((1,)).split('.')[0]}\n\n_The answer broke off._")
    assert scene.wrong() == {}
    assert scene.tally().fates[Fate.CUT] == 1


@pytest.mark.parametrize("begins", ["A00001 A00002", "A00001 A00002 A000"])
def test_an_answer_to_many_that_is_cut_before_it_names_the_last_is_cut_for_all_of_them(
    scene: Scene, begins: str
) -> None:
    for number in (1, 2, 3):
        scene.ask(number)
    scene.serve(1, 2, 3, whole=False)
    scene.post(f"{begins}\n\n_The answer broke off here._")
    assert scene.wrong() == {}
    assert scene.tally().fates[Fate.CUT] == 3


def test_an_answer_that_begins_in_the_middle_is_torn(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1)
    scene.post(" ".join(marks.answer((1,)).split()[5:]))
    assert scene.wrong() == {"torn": [1]}


def test_an_answer_that_still_streams_is_not_done(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1)
    scene.post(marks.answer((1,)), open=True)
    assert scene.wrong() == {"torn": [1]}


def test_an_answer_in_another_place_is_misplaced(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1)
    scene.post(marks.answer((1,)), thread="m0")
    assert scene.wrong() == {"misplaced": [1]}


def test_a_command_is_answered_under_its_question_and_its_question_is_no_answer(scene: Scene) -> None:
    scene.command(1)
    assert scene.wrong() == {"lost": [1]}
    scene.serve(1)
    scene.post(marks.answer((1,)), thread="m1-0")
    assert scene.wrong() == {}


def test_a_question_shown_twice_is_counted_and_its_answer_may_be_under_either(scene: Scene) -> None:
    scene.command(1, shown=2)
    scene.serve(1)
    scene.post(marks.answer((1,)), thread="m1-1")
    assert scene.wrong() == {"questions shown twice": [1]}
    scene.shown[-1:] = []
    scene.post(marks.answer((1,)), thread="m9")
    assert "misplaced" in scene.wrong()


def test_a_command_can_be_told_where_it_was_called_although_its_question_stands(scene: Scene) -> None:
    scene.command(1)
    scene.post(NOTICE)
    assert scene.wrong() == {}
    assert scene.tally().fates[Fate.TOLD] == 1


def test_a_later_answer_must_not_come_first_where_the_bot_had_the_earlier_question(scene: Scene) -> None:
    scene.ask(1)
    scene.ask(2)
    scene.answer(2)
    scene.answer(1)
    assert scene.wrong() == {"order broken": [2]}


def test_it_may_where_the_platform_never_told_the_bot_in_order(scene: Scene) -> None:
    scene.ask(1, taken=False)
    scene.ask(2)
    scene.answer(2)
    scene.answer(1)
    assert scene.wrong() == {}
    assert scene.tally().overtaken == 1


def test_a_request_while_nothing_can_be_saved_does_not_say_that_the_bot_has_the_question(scene: Scene) -> None:
    scene.ask(1, taken=False)
    scene.serve(1, whole=False)
    scene.ask(2)
    scene.answer(2)
    scene.answer(1)
    assert scene.wrong() == {"order broken": [2]}
    scene.diary.fired.append((scene.diary.questions[1].said_at - 1.0, Trouble.DISK_FULL))
    assert scene.wrong() == {}


def test_discord_tells_in_order_as_long_as_its_connection_stands(scene: Scene) -> None:
    scene.ask(1, platform="discord", taken=False)
    scene.ask(2, platform="discord", taken=False)
    scene.answer(2, platform="discord")
    scene.answer(1, platform="discord")
    assert scene.wrong() == {"order broken": [2]}
    scene.diary.fired.append((scene.diary.questions[1].said_at + 0.5, Trouble.DISCORD_CUT))
    assert "order broken" not in scene.wrong()


def test_calls_that_were_paid_twice_are_counted(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1)
    scene.serve(1, whole=False)
    scene.answer(1)
    assert scene.tally().paid_again == 1


def test_recovery_is_the_time_to_the_next_sign_of_what_was_under_way(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1, whole=False, left=True)
    scene.strike(Trouble.KILL)
    scene.ask(2)
    scene.answer(2)
    scene.answer(1)
    assert scene.tally().recovery_s == [4.0]
    assert scene.tally().recovery(0.5) == 4.0


def test_with_two_processes_only_what_the_killed_one_did_counts(scene: Scene) -> None:
    scene.ask(1)
    scene.ask(2)
    scene.strike(Trouble.KILL)
    scene.now -= 0.9
    scene.serve(1, whole=False, left=True)
    scene.answer(2)
    scene.answer(1)
    assert scene.tally(processes=2).recovery_s == pytest.approx([3.1])


@pytest.mark.parametrize(("kills", "failed"), [(0, True), (2, False)])
def test_a_storm_without_its_kills_and_troubles_fails(scene: Scene, kills: int, failed: bool) -> None:
    for number in range(100):
        scene.ask(number)
        scene.answer(number)
    for _ in range(kills):
        scene.strike(Trouble.KILL)
    assert scene.tally().failed is failed
    assert scene.tally(expected=frozenset({Trouble.DISK_FULL})).missing == ["disk full"]
    assert scene.tally(expected=frozenset({Trouble.DISK_FULL})).failed


def test_what_can_be_read_in_a_place_where_the_bot_was_active_must_be_answered(scene: Scene) -> None:
    scene.ask(1, taken=False, live=False)
    assert scene.tally().counted == 0
    scene.ask(2)
    scene.answer(2)
    scene.ask(3, taken=False, live=False)
    assert scene.tally().counted == 2
    assert scene.wrong() == {"lost": [3]}


def test_a_notice_is_no_word_about_a_command_that_nobody_acknowledged(scene: Scene) -> None:
    scene.command(1, shown=0)
    scene.diary.questions[1].taken_at = None
    scene.command(2, shown=0)
    scene.post(NOTICE)
    assert scene.wrong() == {}
    assert scene.tally().counted == 1


def test_that_the_model_was_asked_early_is_no_word_that_the_bot_has_the_question(scene: Scene) -> None:
    scene.ask(1, taken=False)
    scene.serve(1, turn="early-abc", whole=False)
    scene.ask(2)
    scene.answer(2)
    scene.answer(1)
    assert scene.wrong() == {}
    assert scene.tally().overtaken == 1


def test_a_notice_speaks_of_what_the_model_was_asked_and_not_of_what_the_bot_never_had(scene: Scene) -> None:
    scene.ask(1)
    scene.answer(1)
    scene.ask(2, taken=False)
    scene.ask(3)
    scene.serve(3, whole=False)
    scene.post(NOTICE)
    assert scene.wrong() == {"lost": [2]}
    assert scene.tally().fates[Fate.TOLD] == 1


def test_why_an_answer_is_cut_may_stand_on_a_page_of_its_own(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1)
    scene.post(HALF)
    scene.post("_The answer broke off here._")
    assert scene.wrong() == {}
    scene.ask(2)
    scene.serve(2)
    assert scene.wrong() == {"silent": [2]}, "the notice is the first one's"


def test_that_page_is_the_next_one_that_replies_to_the_same_question(scene: Scene) -> None:
    scene.ask(1, platform="discord")
    scene.ask(2, platform="discord")
    scene.serve(1)
    scene.serve(2)
    scene.post(HALF, platform="discord", reply_to="m1")
    scene.post(marks.answer((2,)), platform="discord", reply_to="m2")
    scene.post("_The answer broke off here._", platform="discord", reply_to="m1")
    assert scene.wrong() == {}


def test_a_notice_further_down_does_not_say_why_an_answer_is_cut(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1)
    scene.post(HALF)
    scene.ask(2)
    scene.answer(2)
    scene.post(NOTICE)
    assert scene.wrong() == {"torn": [1]}


def test_a_notice_is_for_who_was_not_passed_over_yet(scene: Scene) -> None:
    scene.ask(1)
    scene.serve(1, whole=False)
    scene.ask(2)
    scene.answer(2)
    scene.ask(3)
    scene.serve(3, whole=False)
    scene.post(NOTICE)
    assert scene.wrong() == {"silent": [1]}
