"""The marks match answers with questions, and nothing else."""

from tests.storm import marks


def test_a_question_is_found_in_what_a_person_or_a_prompt_says() -> None:
    text = f"<@U0BOT> {marks.question(17)}\n\nBen: {marks.question(18)} and again {marks.question(17)}"
    assert marks.asked(text) == (17, 18)
    assert not marks.answered(text)


def test_an_answer_says_in_every_sentence_whose_it_is_and_is_always_the_same() -> None:
    text = marks.answer((17, 18))
    assert text == marks.answer((17, 18))
    assert text != marks.answer((17,))
    assert marks.begun(text) == [17, 18]
    assert text.endswith("Z00017 Z00018")
    assert all("m00017" in sentence for sentence in text.split(".")[:-1])
    assert marks.answered(text) == {17, 18}
    assert not marks.asked(text)


def test_some_answers_fill_more_than_one_post() -> None:
    sizes = [len(marks.answer((number,))) for number in range(100)]
    assert min(sizes) < 400
    assert max(sizes) > 4000
