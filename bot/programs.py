"""Other programs that write: not heard by default, and never let into an endless exchange."""

import logging
from collections import OrderedDict, deque

from bot.budget import SlidingWindow
from bot.contract import Address, Keys, MessageReceived, PersonKind

log = logging.getLogger("parley.programs")

MOST_ANSWERS = 3
WITHIN_S = 600.0
"""So many answers in so long a time for one program in one channel: two that answer each other come to an end."""

MOST_PAIRS = 1000


class Programs:
    """Who of the programs is answered; `answer` lets them be answered at all."""

    def __init__(self, *, answer: bool) -> None:
        self._answer = answer
        self._pairs: OrderedDict[tuple[Address, str], _Pair] = OrderedDict()

    def admits(self, event: MessageReceived) -> bool:
        """Whether a message is to be taken in. A refusal is silent: a notice would be one more message to answer."""
        asker = event.origin.asker
        if asker.kind is not PersonKind.BOT:
            return True
        if not self._answer:
            return False
        admitted = self._pair(event.origin.address.parent, asker.id).admits(event.keys)
        if not admitted:
            log.warning("program_not_answered platform=%s program=%s", event.origin.address.platform, asker.id)
        return admitted

    def _pair(self, channel: Address, program: str) -> "_Pair":
        pair = self._pairs.setdefault((channel, program), _Pair())
        self._pairs.move_to_end((channel, program))
        if len(self._pairs) > MOST_PAIRS:
            self._pairs.popitem(last=False)
        return pair


class _Pair:
    """One program in one channel. What is delivered twice counts once."""

    def __init__(self) -> None:
        self._window = SlidingWindow(MOST_ANSWERS, WITHIN_S)
        self._admitted: deque[str] = deque(maxlen=MOST_ANSWERS)

    def admits(self, keys: Keys) -> bool:
        key = keys.place or keys.event
        if key in self._admitted:
            return True
        if not self._window.try_take():
            return False
        self._admitted.append(key)
        return True
