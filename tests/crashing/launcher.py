"""Runs the ordinary bot in a process that kills itself at one point: parts of the house are wrapped by their names.

The process is forked from a server that has imported the house before, so that a start takes a tenth of a second.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from bot import answering, app
from bot.cli import main
from bot.engine import Engine
from bot.features import scene
from bot.reply import Reply
from bot.runner.sharing import Pace
from bot.store import accepting
from bot.turn import Turn

Blow = Callable[[], None]
_PRELOADED = (__name__, "adapters.slack.platform", "adapters.discord.platform", "bot.store.postgres", "alembic.command")


@dataclass(frozen=True, slots=True)
class Crash:
    """Where to die. Once `marker` is there, no more; with `always`, each time."""

    point: str
    marker: Path
    always: bool = False


def forks() -> ForkServerContext:
    """Where processes come from; the server itself is started with the first of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    return context


def live(environment: Mapping[str, str], folder: Path, log: Path, crash: Crash) -> None:
    """`parley run` with nothing but this environment, what it says going to the log."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    _put(app, "Pace", partial(Pace, look_s=0.1))  # the dead are looked for sooner
    if crash.always or not crash.marker.exists():
        POINTS[crash.point](lambda: _die(crash))
    sys.argv = ["parley", "run"]
    main()


def _die(crash: Crash) -> None:
    crash.marker.touch()
    os.kill(os.getpid(), signal.SIGKILL)


def _never(_: Blow) -> None:
    """No crash at all."""


def _inside_accepting(blow: Blow) -> None:
    inner = accepting.take

    def take(*given: Any, **named: Any) -> Any:
        inner(*given, **named)
        blow()

    accepting.take = take


def _before_answering(blow: Blow) -> None:
    inner = scene.answer

    async def answer(kit: Any, turn: Turn, *given: Any) -> None:
        await turn.check()  # the commit that began it stands
        blow()
        await inner(kit, turn, *given)

    vars(answering)["answer"] = answer


def _in_mid_stream(blow: Blow) -> None:
    """The next words after a post of the answer was written down."""
    placed, write = Turn.place, Reply.write
    stands: list[bool] = []

    async def place(*given: Any) -> None:
        await placed(*given)
        stands.append(True)

    def written(*given: Any) -> None:
        if stands:
            blow()
        write(*given)

    _put(Turn, "place", place)
    _put(Reply, "write", written)


def _before(owner: type, verb: str) -> Callable[[Blow], None]:
    def arm(blow: Blow) -> None:
        async def dying(*given: Any, **named: Any) -> Any:
            blow()

        _put(owner, verb, dying)

    return arm


def _after(owner: type, verb: str) -> Callable[[Blow], None]:
    def arm(blow: Blow) -> None:
        inner = getattr(owner, verb)

        async def dying(*given: Any, **named: Any) -> Any:
            await inner(*given, **named)
            blow()

        _put(owner, verb, dying)

    return arm


def _put(owner: object, verb: str, instead: Callable[..., Any]) -> None:
    assert hasattr(owner, verb)
    setattr(owner, verb, instead)


POINTS: Mapping[str, Callable[[Blow], None]] = {
    "none": _never,
    "c1 inside accepting": _inside_accepting,
    "c2 accepted, not acknowledged": _after(Engine, "accept"),
    "c3 begun": _before_answering,
    "c4 posted, not written down": _before(Turn, "place"),
    "c5 written down": _after(Turn, "place"),
    "c6 in mid-stream": _in_mid_stream,
    "c7 answer stored": _after(Turn, "answered"),
    "c8 shown, not closed": _before(Turn, "close"),
    "c9 closed": _after(Turn, "close"),
}
"""How to die at each point, in the order of a turn."""
