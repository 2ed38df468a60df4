"""Failures to order: what a REST route does wrong, how often, and whether the call took effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.discord.wire import Answer


@dataclass(slots=True)
class Fault:
    """One ordered failure. `status` None hangs up; `delay_s` waits first, and with `status` 0 that is all."""

    route: str
    status: int | None
    body: Answer | str = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    after_accept: bool = False
    delay_s: float = 0.0
    channel_id: int | None = None


class Faults:
    """The failures still to come, first ordered, first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Order a failure."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all that did not happen yet."""
        self._waiting.clear()

    def take(self, route: str, ids: Mapping[str, str]) -> Fault | None:
        """The failure of this call, if one was ordered."""
        for fault in self._waiting:
            if fault.route == route and (fault.channel_id is None or ids.get("channel_id") == str(fault.channel_id)):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
