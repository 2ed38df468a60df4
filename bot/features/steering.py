"""Steering an answer: stop, ask anew, go on, take back, rate; by button or by command.

Each function changes the store and returns what is still to be done about it, which the engine does.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from bot.contract import Button, ButtonPressed, CommandInvoked, Origin
from bot.errors import BadOption, Notice
from bot.features import buttons
from bot.features.buttons import Action, Meant
from bot.features.conversation import scope
from bot.features.kit import Kit
from bot.features.varying import Asked, asked
from bot.made import Told, told_name
from bot.model import ConversationId, Followed, Press, Steered, Steering, Stood, TurnId

GOOD, BAD = 1, -1
REMOVE, OFFER = "remove", "offer"
CLEANUPS = (OFFER, REMOVE)

_WHY_NOT = {
    Steering.UNKNOWN: "button-unknown",
    Steering.NOT_YOURS: "not-yours",
    Steering.CHANGED: "button-old",
    Steering.BUSY: "still-answering",
    Steering.NOTHING: "nothing-to-stop",
}


@dataclass(frozen=True, slots=True)
class Repaint:
    """An answer that is to look otherwise: with a note and other buttons, or gone."""

    stood: Stood
    note: Notice | None = None
    buttons: tuple[Button, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Effects:
    """What is left to do: somebody to tell, a conversation to wake, a run to end, answers to show otherwise."""

    notice: Notice | None = None
    wake: ConversationId | None = None
    stop: TurnId | None = None
    repaints: tuple[Repaint, ...] = ()
    seen: bool = False
    """It was delivered and done before."""
    asks: Asked | None = None
    """A press that is a question."""


Steer = Callable[[Kit, CommandInvoked], Awaitable[Effects]]
"""A command of steering: it notes the delivery in the same commit as what it changes."""


async def pressed(kit: Kit, event: ButtonPressed) -> Effects:
    """A button under an answer."""
    meant = buttons.meant(event.button)
    if meant is None:
        return Effects(Notice("button-unknown"))
    if meant.action is Action.VARY:
        return await _vary(kit, event, meant)
    press = Press(meant.turn, event.origin.asker, event.keys, meant.revision, event.post, event.origin.state)
    return await _BY_BUTTON[meant.action](kit, press)


async def _vary(kit: Kit, event: ButtonPressed, meant: Meant) -> Effects:
    asks = await asked(kit, event, meant)
    if isinstance(asks, Asked):
        return Effects(asks=asks)
    return Effects(asks) if await kit.store.first_seen(event.keys) else Effects(seen=True)


async def stop(kit: Kit, event: CommandInvoked) -> Effects:
    """End the answer that is being written here, and keep what there is of it."""
    turn = await kit.store.running(_said_at(event.origin))
    if turn is None:
        return await _nothing(kit, event, "nothing-to-stop")
    return _told(await _stop(kit, _press(turn, event)), "stopping")


async def retry(kit: Kit, event: CommandInvoked) -> Effects:
    """Answer the newest question here anew."""
    turn = await kit.store.newest(_said_at(event.origin))
    if turn is None:
        return await _nothing(kit, event, "nothing-here")
    return _told(await _regenerate(kit, _press(turn, event)), "answering-anew")


async def undo(kit: Kit, event: CommandInvoked) -> Effects:
    """Take the newest exchange here back."""
    turn = await kit.store.newest(_said_at(event.origin))
    if turn is None:
        return await _nothing(kit, event, "nothing-here")
    return _told(await _undo(kit, _press(turn, event)), "taken-back")


async def cleanup(kit: Kit, origin: Origin, options: Mapping[str, str]) -> Notice:
    """What becomes of an answer here whose question is deleted."""
    address, wanted = origin.address.parent, options.get("answers", "").strip().lower()
    own = await kit.store.own_choice(address)
    if not wanted:
        return Notice(f"cleanup-{own.cleanup or OFFER}")
    if wanted not in CLEANUPS:
        raise BadOption("cleanup-unknown")
    await kit.store.choose(address, replace(own, cleanup=wanted))
    return Notice(f"cleanup-{wanted}")


async def followed(kit: Kit, change: Followed) -> Effects:
    """What an edit or a deletion of a question leaves to do."""
    found = [await standing(kit, await kit.store.stood(turn)) for turn in change.stale]
    repaints = [repaint for repaint in found if repaint is not None and repaint.note is not None]
    if change.orphan is not None:
        repaints.append(await _orphan(kit, change.orphan))
    whole = tuple(repaint for repaint in repaints if repaint.stood.posts)
    return Effects(wake=change.wake, stop=change.interrupted, repaints=whole)


async def standing(kit: Kit, stood: Stood | None) -> Repaint | None:
    """The answer of a closed turn as it ought to look, or the notice in its place; None where there is neither."""
    if stood is None or stood.undone:
        return None
    if stood.shown is None:
        told = (await kit.store.works.made(stood.turn)).get(told_name(stood.revision))
        if not isinstance(told, Told):
            return None
        return Repaint(replace(stood, shown=told.text), None, buttons.under_notice(kit.words, stood, told))
    note = Notice("answer-stale") if stood.stale else None
    return Repaint(stood, note, buttons.standing(kit.words, stood))


async def _orphan(kit: Kit, stood: Stood) -> Repaint:
    choice = await kit.store.choice(stood.origin.address)
    if choice.cleanup == REMOVE:
        return Repaint(stood, gone=True)
    newest = replace(stood, revision=stood.revision + 1)  # that of the store, since it was taken back
    return Repaint(newest, Notice("question-deleted"), buttons.orphaned(kit.words, newest))


async def _stop(kit: Kit, press: Press) -> Effects:
    steered = await kit.store.stop(press)
    done = steered.verdict is Steering.DONE
    return Effects(stop=press.turn) if done else _refused(steered)


async def _regenerate(kit: Kit, press: Press) -> Effects:
    return _reopened(await kit.store.again(press))


async def _continue(kit: Kit, press: Press) -> Effects:
    return _reopened(await kit.store.again(press, continues=True))


async def _undo(kit: Kit, press: Press) -> Effects:
    steered = await kit.store.undo(press)
    if steered.stood is None:
        return _refused(steered)
    if not steered.stood.posts:
        return Effects(Notice("taken-back"))
    newest = replace(steered.stood, revision=steered.stood.revision + 1)
    return Effects(repaints=(Repaint(newest, Notice("undone", {"name": press.by.name})),))


async def _remove(kit: Kit, press: Press) -> Effects:
    steered = await kit.store.orphan(press)
    return _refused(steered) if steered.stood is None else Effects(repaints=(Repaint(steered.stood, gone=True),))


async def _good(kit: Kit, press: Press) -> Effects:
    return _rated(await kit.store.rate(press, GOOD))


async def _bad(kit: Kit, press: Press) -> Effects:
    return _rated(await kit.store.rate(press, BAD))


def _reopened(steered: Steered) -> Effects:
    return Effects(wake=steered.wake) if steered.verdict is Steering.DONE else _refused(steered)


def _rated(steered: Steered) -> Effects:
    return Effects(Notice("opinion-noted")) if steered.verdict is Steering.DONE else _refused(steered)


def _said_at(origin: Origin) -> Origin:
    """Where the exchange is that a command is about: one by mention, at the top, opens no thread of its own."""
    return replace(origin, address=scope(origin))


def _press(turn: TurnId, event: CommandInvoked) -> Press:
    return Press(turn, event.origin.asker, event.keys)


async def _nothing(kit: Kit, event: CommandInvoked, notice_id: str) -> Effects:
    first = await kit.store.first_seen(event.keys)
    return Effects(Notice(notice_id)) if first else Effects(seen=True)


def _told(effects: Effects, notice_id: str) -> Effects:
    """A command is answered in any case: whoever gave it may not have the answer in sight that it is about."""
    return effects if effects.notice is not None or effects.seen else replace(effects, notice=Notice(notice_id))


def _refused(steered: Steered) -> Effects:
    why = _WHY_NOT.get(steered.verdict)
    return Effects(seen=True) if why is None else Effects(Notice(why))


_BY_BUTTON: Mapping[Action, Callable[[Kit, Press], Awaitable[Effects]]] = {
    Action.STOP: _stop,
    Action.REGENERATE: _regenerate,
    Action.CONTINUE: _continue,
    Action.UNDO: _undo,
    Action.REMOVE: _remove,
    Action.GOOD: _good,
    Action.BAD: _bad,
}
