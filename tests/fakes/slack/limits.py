"""Slack's rate limits: so many calls of a method in any window of a minute."""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.fakes.slack.clock import Clock

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute that each tier promises (https://docs.slack.dev/apis/web-api/rate-limits); none are lent beyond."""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `count` calls in any `seconds`."""

    count: int
    seconds: float


def rule(tier: int) -> Rule:
    """The rule of a tier."""
    return Rule(TIERS[tier], 60.0)


ONE_CHANNEL = Rule(5, 5.0)
"""chat.postMessage: one a second in a channel, in short bursts."""

ALL_CHANNELS = Rule(300, 60.0)
"""chat.postMessage: some hundreds a minute in a workspace; the number is not published."""


@dataclass(slots=True)
class Limits:
    """Counts calls. `factor` None lets everything through; 0.1 makes every limit a tenth."""

    clock: Clock
    factor: float | None = 1.0
    _seen: dict[str, deque[float]] = field(default_factory=dict)

    def wait(self, rules: dict[str, Rule]) -> int:
        """Whole seconds to wait before the call may be made; 0 lets it through and counts it."""
        if self.factor is None:
            return 0
        factor = self.factor
        left = max((self._left(name, rule, factor) for name, rule in rules.items()), default=0.0)
        if left > 0:
            return max(1, math.ceil(left))
        for name in rules:
            self._seen.setdefault(name, deque()).append(self.clock.now())
        return 0

    def _left(self, name: str, rule: Rule, factor: float) -> float:
        seen = self._seen.setdefault(name, deque())
        now = self.clock.now()
        while seen and now - seen[0] >= rule.seconds:
            seen.popleft()
        if len(seen) < max(1, int(rule.count * factor)):
            return 0.0
        return seen[0] + rule.seconds - now
