"""What the fakes saw of one question, in order: for whoever looks into a defect."""

from collections.abc import Iterator

from tests.storm import marks
from tests.storm.fates import Outcome
from tests.storm.tally import Evidence

_WORDS = 160
_BEFORE_S, _AFTER_S = 3.0, 15.0
_BENEATH = 12
"""So many messages under a question are shown where the bot wrote them, whomever they speak to."""


def trace(evidence: Evidence, outcome: Outcome, begun: float) -> str:
    """Lines with seconds since the storm began: the question, the troubles around it, requests, signs, posts."""
    question, number = outcome.question, outcome.question.number
    head = f"q{number:05} {question.way.value} in {question.conversation}: {outcome.fate.value}"
    lines = sorted(_lines(evidence, number))
    told = [f"  {at - begun:8.2f}  {what}" for at, what in lines]
    posts = [f"  stands: {post}" for post in _posts(evidence, number)]
    return "\n".join([head, *told, *posts]) + "\n"


def _lines(evidence: Evidence, number: int) -> Iterator[tuple[float, str]]:
    question = evidence.diary.questions[number]
    yield question.said_at, f"said, live={question.heard_live}"
    if question.taken_at is not None:
        yield question.taken_at, "acknowledged"
    last = question.said_at
    for served in evidence.served:
        if number in served.numbers:
            yield served.at, f"model asked by turn {served.turn} for {served.numbers}, whole={served.whole}"
    for sign in evidence.signs:
        if number in sign.numbers:
            last = max(last, sign.at)
            yield sign.at, sign.what
    for failure in evidence.failures:
        if question.said_at - _BEFORE_S < failure.at < last + _AFTER_S:
            yield failure.at, f"! {failure.what}"
    for at, trouble in evidence.diary.fired:
        if question.said_at - _BEFORE_S < at < last + _AFTER_S:
            yield at, f"! {trouble.value}"


def _posts(evidence: Evidence, number: int) -> Iterator[str]:
    question = evidence.diary.questions[number]
    groups = {each for served in evidence.served if number in served.numbers for each in served.numbers} | {number}
    beneath = 0
    for post in evidence.shown:
        here = (post.platform, post.channel) == (question.platform, question.channel)
        asked = here and post.id == question.message_id
        beneath += asked or (here and beneath > 0)
        if (
            groups & marks.answered(post.text)
            or number in (*marks.asked(post.text), *post.pictures)
            or asked
            or (here and post.mine and 0 < beneath <= _BENEATH)
            or (here and question.thread is not None and question.thread in (post.thread, post.id))
        ):
            drawn = "".join(f" picture of q{each:05}" for each in post.pictures)
            place = f"{post.channel}/{post.thread}/{post.id}"
            yield f"{place} mine={post.mine} open={post.open}{drawn} {_short(post.text)!r}"


def _short(text: str) -> str:
    return text if len(text) <= _WORDS else f"{text[: _WORDS // 2]} … {text[-_WORDS // 2 :]}"
