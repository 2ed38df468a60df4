"""What stands under an answer and is no part of it."""

from collections.abc import Iterator, Sequence

from bot.errors import GatewayError, GatewayGarbled, Notice
from bot.features.brought import Given
from bot.features.looking import cannot_see
from bot.features.rounds import Talk
from bot.features.scene import Scene
from bot.features.streaming import Outcome
from bot.features.tools import wishes_for_one
from bot.gateway.values import Citation, ModelSpec
from bot.model import Claim

LATE_S = 120.0
"""A question that came in so long after it was asked is answered with a word about that."""


def footnotes(scene: Scene, spec: ModelSpec, talk: Talk, things: Given, text: str) -> str:
    """Its sources, why it is cut, what was not read, seen or done."""
    words, locale = scene.kit.words, scene.claim.origin.locale
    notes: list[Notice] = []
    if late := _minutes_late(scene.claim):
        notes.append(Notice("asked-ago", {"minutes": late}))
    notes += _endings(scene, talk.outcome)
    notes += things.notes
    notes += _unseen(scene, spec, talk, things)
    notes += talk.made.notes
    end = talk.outcome.end
    if end is not None and end.toolless and wishes_for_one(scene.claim):
        notes.append(Notice("no-tools", {"model": spec.id}))
    sources = _sources(end.citations, text) if end is not None else ""
    said = dict.fromkeys(words.say(note, locale) for note in notes)
    return sources + "".join(f"\n\n_{each}_" for each in said)


def _endings(scene: Scene, outcome: Outcome) -> Iterator[Notice]:
    """Why it is not whole."""
    if isinstance(outcome.fault, GatewayGarbled):
        yield Notice("broke-off")
    elif isinstance(outcome.fault, GatewayError):
        why = scene.kit.words.say(outcome.fault.notice, scene.claim.origin.locale)
        yield Notice("cut-off", {"why": why})
    elif outcome.fault is not None:
        yield Notice("stopped")
    elif outcome.end is not None and outcome.end.finish == "length":
        yield Notice("cut-by-length")


def _unseen(scene: Scene, spec: ModelSpec, talk: Talk, things: Given) -> Iterator[Notice]:
    """Why the model saw none of the pictures, or not all that came with the questions."""
    if talk.refused is not None:
        yield cannot_see(scene.kit, spec) if talk.refused.blind else talk.refused.notice
        return
    asked = {file.ref: file.name for question in things.questions for file in question.attachments}
    left_out = [name for ref, name in asked.items() if ref in things.pictures and ref not in talk.shown]
    if left_out:
        yield Notice("pictures-left-out", {"names": ", ".join(left_out)})


def _sources(citations: Sequence[Citation], text: str) -> str:
    """The sources that the answer does not link itself, numbered."""
    missing = {citation.url: citation.title for citation in citations if citation.url not in text}
    lines = [f"{number}. [{title or url}]({url})" for number, (url, title) in enumerate(missing.items(), 1)]
    return "\n\n" + "\n".join(lines) if lines else ""


def _minutes_late(claim: Claim) -> int:
    """How long before it came in its newest question was asked, where that is worth saying: nobody heard it then."""
    if claim.revision or not claim.questions:
        return 0
    late_s = (claim.created_at - claim.questions[-1].sent_at).total_seconds()
    return round(late_s / 60) if late_s >= LATE_S else 0
