"""How loud sound is: where it is quietest, and its shape as people see it in a voice message."""

from array import array
from itertools import pairwise
from operator import mul

FRAME_S = 0.02
# A breath between two words is shorter than this, a pause between two sentences longer.
PAUSE_FRAMES = 15
MOST_BARS = 256
BAR_S = 0.1
LOUDEST = 255


def energies(pcm: bytes, frame: int) -> list[float]:
    """The mean square of each `frame` samples; a shorter rest counts as a frame."""
    heard = array("h", pcm)
    pieces = (heard[at : at + frame] for at in range(0, len(heard), frame))
    return [sum(map(mul, piece, piece)) / len(piece) for piece in pieces]


def quietest(pcm: bytes, rate: int) -> int:
    """The sample in the middle of the quietest pause; of equals the last."""
    frame = round(rate * FRAME_S)
    loud = energies(pcm, frame)
    width = min(PAUSE_FRAMES, len(loud))
    total = sum(loud[:width])
    best, best_at = total, 0
    for at in range(1, len(loud) - width + 1):
        total += loud[at + width - 1] - loud[at - 1]
        if total <= best:
            best, best_at = total, at
    return min(round((best_at + width / 2) * frame), len(pcm) // 2)


def waveform(loud: list[float], duration_s: float) -> bytes:
    """Bars from 0 to 255 of what `energies` found, a tenth of a second each or longer, the loudest is 255."""
    bars = max(1, min(MOST_BARS, round(duration_s / BAR_S), len(loud)))
    bounds = [len(loud) * bar // bars for bar in range(bars + 1)]
    heights = [_mean(loud[start:end]) ** 0.5 for start, end in pairwise(bounds)]
    peak = max(heights, default=0.0) or 1.0
    return bytes(round(height / peak * LOUDEST) for height in heights)


def _mean(loud: list[float]) -> float:
    return sum(loud) / len(loud) if loud else 0.0
