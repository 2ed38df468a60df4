"""A Host for adapter tests: words that show what was asked for, budgets that tests can set."""

from collections.abc import Mapping

from bot.contract import Budget

GENEROUS = 1_000_000


class FakeBudget:
    """A budget of `left` takes that never fills up again; `wait_s` is what it says once it is empty.

    `paused` keeps the longest pause that the far end asked for.
    """

    def __init__(self, left: int = GENEROUS, wait_s: float = 30.0) -> None:
        self.left = left
        self.wait_s = wait_s
        self.taken = 0
        self.paused = 0.0

    def try_take(self) -> bool:
        """Take one if there is one."""
        if self.wait() > 0:
            return False
        self._take()
        return True

    async def take(self) -> None:
        """Take one; never waits, so a test sees who takes without asking first."""
        self._take()

    def wait(self) -> float:
        """Seconds until there is one."""
        return self.paused or (0.0 if self.left > 0 else self.wait_s)

    def pause(self, seconds: float) -> None:
        """Empty for so long."""
        self.paused = max(self.paused, seconds)

    def _take(self) -> None:
        self.left -= 1
        self.taken += 1


class FakeHost:
    """Implements `contract.Host`. `text` gives the id and its parameters: `hello name=Ann`.

    A test prepares a budget by putting it under its key: `host.budgets["slack:T1:chat.update"] = FakeBudget(0)`.
    """

    def __init__(self, *, alone: bool = False, budgets: Mapping[str, FakeBudget] | None = None) -> None:
        self._alone = alone
        self.budgets: dict[str, FakeBudget] = dict(budgets or {})

    @property
    def alone(self) -> bool:
        """No other platform is configured."""
        return self._alone

    def text(self, message_id: str, locale: str | None, **params: object) -> str:
        """The id, the locale where one is given, and the parameters, as a person would see them."""
        shown = [message_id, *(f"{name}={value}" for name, value in params.items())]
        return " ".join(shown if locale is None else [*shown, f"({locale})"])

    def budget(self, key: str, count: int, seconds: float) -> Budget:
        """The budget of that key; generous unless the test prepared one."""
        return self.budgets.setdefault(key, FakeBudget())
