"""The catalogue: which models there are, what each accepts, and which are away just now."""

import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from importlib.resources import files
from typing import Final, Self

from pydantic import TypeAdapter, ValidationError

from bot.errors import SettingsError
from bot.gateway.values import ModelSpec

CHAT: Final = "/v1/chat/completions"
RESPONSES: Final = "/v1/responses"

_ENDPOINTS: Final = {"chat": CHAT, "responses": RESPONSES}
_OVERRIDES: Final = "BOT_MODEL_OVERRIDES"
_CHOICES: Final = {"image_via": ("auto", "images", "chat", "gemini"), "edit_body": ("form", "json")}
_STREAMING: Final = {"on": True, "off": False}
_FIELDS: Final = frozenset(field.name for field in fields(ModelSpec))
_SPEC: Final = TypeAdapter(ModelSpec)


class Catalogue:
    """Every model by its id; the operator's overrides and aliases are already in it.

    `load` reads the data files beside this module. Raises `SettingsError` for an override that makes no sense.
    """

    def __init__(
        self,
        models: Iterable[ModelSpec],
        aliases: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._models = {model.id: model for model in models}
        self._folded = {id.casefold(): id for id in reversed(self._models)}
        self._aliases = {self._canonical(ours): theirs for ours, theirs in (aliases or {}).items()}
        self._clock = clock
        self._missing: dict[str, float] = {}
        self._not_offered: frozenset[str] = frozenset()

    @classmethod
    def load(
        cls,
        name: str = "models.toml",
        overrides: Mapping[str, Mapping[str, object]] = {},
        aliases: Mapping[str, str] = {},
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """The catalogue of a data file. `overrides` maps ids to fields, `aliases` ids to the gateway's own names.

        An override of an id that the file does not have adds a chat model of that id.
        """
        table = tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
        rows = {str(row["id"]): table.get("defaults", {}) | row for row in table["model"]}
        known = cls((_spec(row) for row in rows.values()), clock=clock)
        specs = {model.id: model for model in known._models.values()}
        for id, override in overrides.items():
            model = known.get(id) or ModelSpec(id, vendor="", capabilities=frozenset({"chat"}))
            specs[model.id] = _overridden(model, override)
        return cls(specs.values(), aliases, clock)

    def get(self, model_id: str) -> ModelSpec | None:
        """The model of that exact id, else of that id in other letter case."""
        return self._models.get(self._canonical(model_id))

    def chat(self) -> tuple[ModelSpec, ...]:
        """Every model that chats, in the order of the file, those that are away included."""
        return tuple(model for model in self._models.values() if "chat" in model.capabilities)

    def having(self, capability: str) -> tuple[ModelSpec, ...]:
        """Every model with that capability (`image`, `image-edit`, `speech` …), those that are away included."""
        return tuple(model for model in self._models.values() if capability in model.capabilities)

    def suggest(self, prefix: str, limit: int = 25) -> tuple[str, ...]:
        """Ids of chat models that can be had now: first those that begin so, then those that contain it."""
        wanted = prefix.strip().casefold()
        ids = [model.id for model in self.chat() if self.available(model.id)]
        first = [id for id in ids if id.casefold().startswith(wanted)]
        then = [id for id in ids if wanted in id.casefold() and id not in first]
        return tuple((first + then)[:limit])

    def nearest(self, model_id: str) -> tuple[str, ...]:
        """Up to three ids of chat models that look like a mistyped one, best first."""
        ids = {model.id.casefold(): model.id for model in self.chat()}
        return tuple(ids[folded] for folded in get_close_matches(model_id.strip().casefold(), ids, 3))

    def wire_id(self, model_id: str) -> str:
        """What the gateway calls the model."""
        return self._aliases.get(self._canonical(model_id), self._canonical(model_id))

    def available(self, model_id: str) -> bool:
        """The gateway is thought to have it: not marked missing, not left out of a trusted list."""
        id = self._canonical(model_id)
        return id not in self._not_offered and self._missing.get(id, 0.0) <= self._clock()

    def mark_missing(self, model_id: str, until: float) -> None:
        """The gateway said that it does not have the model; `until` is in seconds of the monotonic clock."""
        self._missing[self._canonical(model_id)] = until

    def offer(self, ids: frozenset[str], *, trust: bool) -> tuple[str, ...]:
        """Compare with the gateway's list of models; returns our chat models that a non-empty list lacks.

        They are hidden only if the list is to be trusted; an empty list says nothing and hides nothing.
        """
        lacking = tuple(model.id for model in self.chat() if ids and self.wire_id(model.id) not in ids)
        self._not_offered = frozenset(lacking) if trust else frozenset()
        return lacking

    def _canonical(self, model_id: str) -> str:
        id = model_id.strip()
        return id if id in self._models else self._folded.get(id.casefold(), id)


def _spec(row: Mapping[str, object]) -> ModelSpec:
    """Raises pydantic's `ValidationError`. What has no field of its own goes into `more`."""
    named = {("capabilities" if name == "capability" else name): value for name, value in row.items()}
    known = {name: value for name, value in named.items() if name in _FIELDS}
    more = {name: value for name, value in named.items() if name not in _FIELDS}
    return _SPEC.validate_python(known | {"more": more})


def _overridden(model: ModelSpec, override: Mapping[str, object]) -> ModelSpec:
    """The operator's word stands: a forced endpoint or stream is kept in `more`, so that no lesson undoes it."""
    row = {field.name: getattr(model, field.name) for field in fields(ModelSpec) if field.name != "more"}
    changes = dict(override)
    forced: dict[str, object] = {}
    if "endpoint" in changes:
        forced["endpoint"] = changes["endpoint"] = _endpoint(model.id, changes["endpoint"])
    stream = changes.pop("stream", "auto")
    if stream != "auto":
        forced["stream"] = changes["streaming"] = _stream(model.id, stream)
    for name, values in _CHOICES.items():
        if name in changes and changes[name] not in values:
            raise SettingsError(
                _OVERRIDES, f"{model.id} has the {name} {changes[name]}", f"write {' or '.join(values)}"
            )
    try:
        changed = _spec(row | changes | {"id": model.id})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(_OVERRIDES, f"{first['loc'][0]} of {model.id} has a wrong value", first["msg"]) from None
    return replace(changed, more={**model.more, **changed.more, **forced})


def _endpoint(model_id: str, value: object) -> str:
    path = _ENDPOINTS.get(str(value), value)
    if path not in (CHAT, RESPONSES):
        raise SettingsError(_OVERRIDES, f"{model_id} has the endpoint {value}", "write chat or responses")
    return str(path)


def _stream(model_id: str, value: object) -> bool:
    if value not in _STREAMING:
        raise SettingsError(_OVERRIDES, f"{model_id} has the stream {value}", "write auto, on or off")
    return _STREAMING[str(value)]
