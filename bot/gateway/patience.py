"""How long the gateway may take, and longer where a model is known to think long."""

from dataclasses import dataclass, replace
from typing import Final

from bot.gateway.values import ModelSpec

_REASONING: Final = 2.5
_SLOW_START: Final = 7.5
_SLOW_TOTAL: Final = 3.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits in seconds. `total_s` holds for replies without a stream, the others for streams.

    `gap_s` is the longest time between two events that carry data; keep-alive comments stretch it
    `kept_alive`-fold. Once the model has said that it is finished, only `finish_s` are waited for the count.
    `max_wait_s` is the longest wait that the gateway may ask for before a try; `tries` counts the first one too.
    """

    connect_s: float = 10.0
    first_byte_s: float = 120.0
    gap_s: float = 120.0
    total_s: float = 600.0
    tries: int = 3
    max_wait_s: float = 120.0
    kept_alive: float = 3.0
    finish_s: float = 5.0

    def with_model(self, spec: ModelSpec) -> "Patience":
        """With the defaults: 300 s for models that reason; 900 s to begin and 1800 s in all for the slow ones."""
        thinks = _REASONING if spec.reasoning or spec.slow else 1.0
        return replace(
            self,
            first_byte_s=self.first_byte_s * (_SLOW_START if spec.slow else thinks),
            gap_s=self.gap_s * thinks,
            total_s=self.total_s * (_SLOW_TOTAL if spec.slow else 1.0),
        )
