"""On which of the gateway's ways a picture is asked for, and in which order others are tried; pure."""

from typing import Final, Literal

from bot.errors import GatewayError, GatewayRejected
from bot.gateway.catalogue import CHAT
from bot.gateway.exchange import Faulted
from bot.gateway.faults import Kind
from bot.gateway.lessons import Taught, of_value
from bot.gateway.once import NotServed
from bot.gateway.values import Lesson, ModelSpec

Way = Literal["generations", "form", "json", "chat", "gemini"]
"""`form` and `json` are the two bodies of an edit."""

_WAYS: Final[dict[str, Way]] = {way: way for way in ("generations", "form", "json", "chat", "gemini")}


def ways(spec: ModelSpec, taught: Taught, *, editing: bool) -> tuple[Way, ...]:
    """The ways in the order in which they are to be tried; the operator's word leaves no others."""
    images = _edits(spec) if editing else _GENERATIONS
    via = spec.more.get("image_via", "auto")
    if via == "images":
        return images
    if via in ("chat", "gemini"):
        return (_WAYS[str(via)],)
    order = (*_CHAT, *images) if _talks(spec) else (*images, *_CHAT)
    learned = _WAYS.get(taught.remedies.get(_field(editing=editing), ""))
    return order if learned is None else (learned, *(way for way in order if way != learned))


_GENERATIONS: Final[tuple[Way, ...]] = ("generations",)
_CHAT: Final[tuple[Way, ...]] = ("chat",)


def lesson_of_way(model: str, way: Way, *, editing: bool) -> Lesson:
    """That this way is open where the one before was not."""
    return Lesson(model, _field(editing=editing), way)


def closed(error: GatewayError, *, editing: bool) -> bool:
    """Another way may be open. What is wrong with an edit may be its body, so it goes on after a 400 too."""
    return isinstance(error, NotServed) or (editing and wrong_parameter(error))


def for_good(error: GatewayError) -> bool:
    """The way will be closed the next time too: it was not what a field held."""
    cause = error.__cause__
    return isinstance(error, NotServed) or (isinstance(cause, Faulted) and not of_value(cause.fault))


def wrong_parameter(error: GatewayError) -> bool:
    """The gateway did not like a field, so it has done nothing."""
    cause = error.__cause__
    return isinstance(error, GatewayRejected) and isinstance(cause, Faulted) and cause.fault.kind is Kind.PARAMETER


def _edits(spec: ModelSpec) -> tuple[Way, ...]:
    bodies: dict[object, tuple[Way, ...]] = {"form": ("form",), "json": ("json",)}
    return bodies.get(spec.more.get("edit_body"), ("form", "json"))


def _talks(spec: ModelSpec) -> bool:
    """Gemini's models, and those that are only known to be reached by chat."""
    return spec.vendor == "google" or (spec.endpoint == CHAT and spec.vendor != "qwen")


def _field(*, editing: bool) -> str:
    return "edit_via" if editing else "draw_via"
