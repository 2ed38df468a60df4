"""The buttons under an answer, and what is meant by pressing one.

The id of a button names the turn and which of its answers it stood under, so that it is understood for as long as the
store knows the turn, in any process, and a second press on an answer that has changed since does nothing.
"""

import re
from dataclasses import dataclass
from enum import Enum

from bot.contract import Button
from bot.made import Told
from bot.model import Claim, Stood, TurnId
from bot.words import Words


class Action(Enum):
    """What a button does; the value is a part of its id and of the message id of its label."""

    STOP = "stop"
    CONTINUE = "continue"
    REGENERATE = "regenerate"
    UNDO = "undo"
    GOOD = "good"
    BAD = "bad"
    REMOVE = "remove"
    VARY = "vary"


@dataclass(frozen=True, slots=True)
class Meant:
    """What a button's id says."""

    action: Action
    turn: TurnId
    revision: int


_ID = re.compile(r"parley-([a-z]+)-([0-9]{1,18})-([0-9]{1,9})")
_OPINIONS = (Action.GOOD, Action.BAD)


def meant(button: str) -> Meant | None:
    """What the id of a button says; None for one that is not ours."""
    found = _ID.fullmatch(button)
    if found is None or found[1] not in {action.value for action in Action}:
        return None
    return Meant(Action(found[1]), TurnId(int(found[2])), int(found[3]))


def growing(words: Words, claim: Claim) -> tuple[Button, ...]:
    """Under an answer that is being written."""
    return _row(words, claim.origin.locale, claim.turn, claim.revision, Action.STOP)


def under(words: Words, claim: Claim, *, cut: bool) -> tuple[Button, ...]:
    """Under a finished answer; one that is not whole can be gone on with."""
    return _finished(words, claim.origin.locale, claim.turn, claim.revision, cut=cut)


def under_picture(words: Words, claim: Claim) -> tuple[Button, ...]:
    """Under a picture that an answer shows."""
    return _row(words, claim.origin.locale, claim.turn, claim.revision, Action.VARY)


def under_notice(words: Words, of: Claim | Stood, told: Told) -> tuple[Button, ...]:
    """Under a notice that stands in the place of an answer, or ends a piece of one."""
    if told.cut:
        return _finished(words, of.origin.locale, of.turn, of.revision, cut=True)
    first = Action.CONTINUE if told.interrupted else Action.REGENERATE
    return _row(words, of.origin.locale, of.turn, of.revision, first, Action.UNDO)


def standing(words: Words, stood: Stood) -> tuple[Button, ...]:
    """Under an answer that is shown again."""
    return _finished(words, stood.origin.locale, stood.turn, stood.revision, cut=stood.cut)


def orphaned(words: Words, stood: Stood) -> tuple[Button, ...]:
    """Under an answer whose question was deleted."""
    return _row(words, stood.origin.locale, stood.turn, stood.revision, Action.REMOVE)


def _finished(words: Words, locale: str | None, turn: TurnId, revision: int, *, cut: bool) -> tuple[Button, ...]:
    first = (Action.CONTINUE,) if cut else ()
    return _row(words, locale, turn, revision, *first, Action.REGENERATE, Action.UNDO, *_OPINIONS)


def _row(words: Words, locale: str | None, turn: TurnId, revision: int, *actions: Action) -> tuple[Button, ...]:
    return tuple(
        Button(f"parley-{action.value}-{turn}-{revision}", words.text(f"button-{action.value}", locale))
        for action in actions
    )
