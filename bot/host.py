"""What the core lends to the platforms."""

from bot.budget import SlidingWindow
from bot.contract import Budget
from bot.words import Words


class CoreHost:
    """Implements `contract.Host` for one process."""

    def __init__(self, words: Words, *, alone: bool) -> None:
        self._words = words
        self._alone = alone
        self._budgets: dict[str, SlidingWindow] = {}

    @property
    def alone(self) -> bool:
        """No other platform is configured."""
        return self._alone

    def text(self, message_id: str, locale: str | None, **params: object) -> str:
        """The house's words for an id."""
        return self._words.text(message_id, locale, **params)

    def budget(self, key: str, count: int, seconds: float) -> Budget:
        """The budget of that key, made on first use."""
        if key not in self._budgets:
            self._budgets[key] = SlidingWindow(count, seconds)
        return self._budgets[key]
