"""All cases, by model, in the order of the table."""

from itertools import chain

from tests.media import drawing, failing, hearing, reaching, seeing, shapes, speaking
from tests.media.site import Case

MODELS = (
    hearing.WHISPER,
    speaking.TTS,
    speaking.QWEN_TTS,
    seeing.VL,
    drawing.QWEN,
    drawing.QWEN_EDIT,
    *drawing.GEMINI,
)
"""All models that hear, speak, see or draw."""

_PARTS = (hearing, speaking, seeing, drawing, reaching, shapes, failing)

_KINDS = ("use", "restart", "shape", "failure")


def _of(model: str) -> list[Case]:
    found = chain.from_iterable(part.CASES.get(model, ()) for part in _PARTS)
    return sorted(found, key=lambda case: _KINDS.index(case.kind.split()[0]))


CASES: tuple[Case, ...] = tuple(chain.from_iterable(_of(model) for model in MODELS))
