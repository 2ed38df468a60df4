"""Failures that a test asks for, used up in the order in which they were asked."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `after_accept`: the call takes effect first, and only its answer is lost."""

    error: str | None = None
    status: int = 200
    retry_after: int | None = None
    hang_up: bool = False
    delay: float = 0.0
    after_accept: bool = False

    @property
    def fails(self) -> bool:
        """Whether it is more than a delay."""
        return self.error is not None or self.status != 200 or self.retry_after is not None or self.hang_up


@dataclass(slots=True)
class Faults:
    """Faults by method; `*` is for any."""

    _waiting: dict[str, list[Fault]] = field(default_factory=dict)

    def add(self, method: str, fault: Fault, times: int) -> None:
        """Let the next calls of a method fail so."""
        self._waiting.setdefault(method, []).extend([fault] * times)

    def clear(self) -> None:
        """Forget all that did not happen yet."""
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault for this call, if there is one."""
        for name in (method, "*"):
            if self._waiting.get(name):
                return self._waiting[name].pop(0)
        return None
