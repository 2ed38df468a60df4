"""The gateway's models that hear and draw, in a storm: each sound and picture belongs to a question."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.fakes.gateway import Drawn, Fail, Heard, SeenRequest
from tests.fakes.gateway.audio_fields import TRANSCRIPTIONS, TRANSLATIONS
from tests.storm import files, marks
from tests.storm.plan import Trouble
from tests.storm.values import Bought, Diary, Paid

Sensed = Heard | Drawn | Fail
Make = Callable[[Heard | Drawn, float], Sensed]

_NUMBER = re.compile(r"number (\d{5})")
_SOUNDS = (TRANSCRIPTIONS, TRANSLATIONS)
_OK = 200
_LATEST = 50
_STALLED_S = (2.0, 10.0)
"""A model that hangs answers after all, so long after; nobody waits for one that never does within a storm."""

_BROKEN: Mapping[Trouble, Make] = {
    Trouble.MEDIA_BUSY: lambda *_: Fail(429, "Slow down.", code="rate_limit", headers={"Retry-After": "1"}),
    Trouble.MEDIA_DOWN: lambda _, strength: Fail(502 if strength > 0.5 else 503),
    Trouble.MEDIA_STALLS: lambda sensed, strength: _late(sensed, strength),
}

TROUBLES = frozenset(_BROKEN)


@dataclass(slots=True)
class _Asked:
    what: Bought
    number: int | None
    seen: SeenRequest


@dataclass(slots=True)
class Senses:
    """Judges the requests to hear and to draw, and knows which of them were paid for."""

    diary: Diary
    _ordered: deque[tuple[Trouble, float]] = field(default_factory=deque)
    _asked: list[_Asked] = field(default_factory=list)

    def order(self, trouble: Trouble, strength: float) -> None:
        """The next request breaks so."""
        self._ordered.append((trouble, strength))

    def judge(self, seen: SeenRequest) -> Sensed:
        """What is heard or drawn for a question, or what goes wrong with it."""
        asked = _Asked(Bought.HEARD, _heard(seen), seen)
        if seen.path not in _SOUNDS:
            asked = _Asked(Bought.DRAWN, _drawn(seen), seen)
        self._asked.append(asked)
        words = "Nothing that anybody knows." if asked.number is None else marks.question(asked.number)
        sensed = Heard(words) if asked.what is Bought.HEARD else Drawn()
        if not self._ordered:
            return sensed
        trouble, strength = self._ordered.popleft()
        self.diary.fired.append((seen.at, trouble))
        return _BROKEN[trouble](sensed, strength)

    @property
    def paid(self) -> list[Paid]:
        """All requests so far that were for a question."""
        return [_paid(asked, asked.number) for asked in self._asked if asked.number is not None]

    @property
    def busy(self) -> bool:
        """Whether something is being heard or drawn."""
        return any(asked.seen.ended_at is None for asked in self._asked[-_LATEST:])


def _heard(seen: SeenRequest) -> int | None:
    """By the size of the sound: the fake remembers no bytes."""
    sounds = seen.body.get("file")
    sizes = [each.get("bytes") for each in sounds if isinstance(each, dict)] if isinstance(sounds, list) else []
    return files.spoken(sizes[0]) if sizes and isinstance(sizes[0], int) else None


def _drawn(seen: SeenRequest) -> int | None:
    found = _NUMBER.search(str(seen.body.get("prompt") or seen.body))
    return int(found[1]) if found else None


def _late(sensed: Heard | Drawn, strength: float) -> Sensed:
    hold, (least, most) = asyncio.Event(), _STALLED_S
    asyncio.get_running_loop().call_later(least + (most - least) * strength, hold.set)
    return Heard(sensed.text, hold=hold) if isinstance(sensed, Heard) else Drawn(hold=hold)


def _paid(asked: _Asked, number: int) -> Paid:
    seen = asked.seen
    whole = seen.status == _OK and not seen.closed_early
    return Paid(seen.at, asked.what, number, whole, f"{asked.what.value} {seen.status or 'unanswered'}")
