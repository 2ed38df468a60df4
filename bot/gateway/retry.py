"""Whether and after how many seconds a failed try is repeated; pure but for the dice."""

import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from bot.gateway.faults import Fault, Hints, Kind

_FIRST_S: Final = 0.5
_LONGEST_S: Final = 8.0
_NO_CHANNEL_TRIES: Final = 3
_RETRYABLE: Final = frozenset({Kind.BUSY, Kind.TROUBLE, Kind.NO_CHANNEL, Kind.UNREACHABLE, Kind.GARBLED})
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def hints(headers: Mapping[str, str], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Hints:
    """What an answer's headers ask for. `headers` must not mind letter case."""
    should = {"true": True, "false": False}.get(headers.get("x-should-retry", "").lower())
    request_id = headers.get("x-request-id") or headers.get("x-oneapi-request-id") or ""
    return Hints(_asked(headers, now), should, request_id[:100])


class Tries:
    """Counts the tries of one logical call; `wait` says after how many seconds to try again.

    None is begun more than `within_s` seconds after the first: a slow model that answered to nobody for half an
    hour is paid for each time.
    """

    def __init__(
        self, most: int, max_wait_s: float, within_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.used = 0
        self._most = most
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._last_start = clock() + within_s
        self._garbled = False

    def wait(self, fault: Fault) -> float | None:
        """Seconds; None: do not try again. A wait that the gateway asks for goes before our own."""
        self.used += 1
        again = self.used < self._limit(fault) and retryable(fault) and self._clock() < self._last_start
        self._garbled = self._garbled or fault.kind is Kind.GARBLED
        asked = fault.hints.retry_after
        if not again or (asked is not None and asked > self._max_wait_s):
            return None
        return asked or backoff(self.used)

    def _limit(self, fault: Fault) -> int:
        if fault.kind is Kind.GARBLED:
            return 0 if self._garbled else self._most
        return min(self._most, _NO_CHANNEL_TRIES) if fault.kind is Kind.NO_CHANNEL else self._most


def retryable(fault: Fault) -> bool:
    """The gateway's own word first; a true one counts only where the fault has no certain meaning."""
    if fault.hints.should_retry is False:
        return False
    return fault.kind in _RETRYABLE or (fault.hints.should_retry is True and fault.kind is Kind.REJECTED)


def backoff(tries: int, dice: Callable[[], float] = random.random) -> float:
    """Seconds before the next try after so many failed ones: doubling, half of it by chance."""
    longest = min(_LONGEST_S, _FIRST_S * 2.0 ** (tries - 1))
    return float(longest * (0.5 + dice() / 2))


def _asked(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    after = headers.get("retry-after", "").strip()
    if after:
        seconds = _number(after)
        return _until(after, now) if seconds is None else seconds
    return _refill(headers)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,12}(\.\d+)?\s*", text) else None


def _until(date: str, now: Callable[[], datetime]) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now()).total_seconds())


def _refill(headers: Mapping[str, str]) -> float | None:
    """The reset of a used-up limit, written like 6m0s or 120ms."""
    waits = [
        _seconds(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known, default=None)


def _seconds(duration: str) -> float | None:
    if not re.fullmatch(f"(?:{_DURATION.pattern})+", duration):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(duration))
