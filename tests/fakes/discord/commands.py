"""Application commands: every limit checked, creates counted, each sync kept for the tests to look at."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.wire import ApiError, Json, Problem, check_length, invalid, utf16
from tests.fakes.discord.world import World

LOCALES = frozenset(
    {
        *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl"),
        *("pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja"),
        *("zh-TW", "ko"),
    }
)
CREATES_A_DAY = 200
WHOLE_COMMAND = 8_000
_PER_KIND = {1: 100, 2: 15, 3: 15}
_STRING, _INTEGER, _NUMBER = 3, 4, 10


@dataclass(frozen=True, slots=True)
class Sync:
    """One bulk PUT: the names it made new, changed or left, and took away."""

    scope: int | None
    created: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(slots=True)
class Commands:
    """The registered commands; scope None is global, else a guild's id."""

    world: World
    syncs: list[Sync] = field(default_factory=list)
    _scopes: dict[int | None, list[Json]] = field(default_factory=dict)
    _created_at: dict[int | None, list[float]] = field(default_factory=dict)

    def all(self, scope: int | None = None) -> list[Json]:
        """The commands of a scope, as registered."""
        return self._scopes.get(scope, [])

    def named(self, name: str, guild_id: int | None) -> Json:
        """The slash command that a person can call by that name."""
        scopes = [None] if guild_id is None else [guild_id, None]
        for command in (command for scope in scopes for command in self.all(scope)):
            if command["name"] == name and command["type"] == 1:
                return command
        raise LookupError(f"no command {name} is registered")

    def replace(self, scope: int | None, body: Any) -> list[Json]:
        """Bulk PUT: what is not in the list is gone, a known name and type is an update."""
        if not isinstance(body, list):
            raise invalid("_misc", "BASE_TYPE_LIST", "Only iterables may be used in a ListType.")
        check_all(body)
        before = {_key(command): command for command in self.all(scope)}
        self._count_creates(scope, sum(_key(command) not in before for command in body))
        self._scopes[scope] = [self._registered(command, before.get(_key(command)), scope) for command in body]
        after = [_key(command) for command in body]
        created = tuple(str(key[1]) for key in after if key not in before)
        kept = tuple(str(key[1]) for key in after if key in before)
        removed = tuple(str(key[1]) for key in before if key not in after)
        self.syncs.append(Sync(scope, created, kept, removed))
        return self._scopes[scope]

    def create(self, scope: int | None, body: Json) -> Json:
        """POST of one command; a known name and type is replaced."""
        others = [command for command in self.all(scope) if _key(command) != _key(body)]
        known = next((command for command in self.all(scope) if _key(command) == _key(body)), None)
        check_all([*others, body])
        self._count_creates(scope, int(known is None))
        made = self._registered(body, known, scope)
        self._scopes[scope] = [*others, made]
        return made

    def delete(self, scope: int | None, command_id: int) -> None:
        """DELETE of one command, else 10063."""
        left = [command for command in self.all(scope) if command["id"] != str(command_id)]
        if len(left) == len(self.all(scope)):
            raise ApiError(Problem.UNKNOWN_COMMAND)
        self._scopes[scope] = left

    def _count_creates(self, scope: int | None, count: int) -> None:
        now = self.world.clock.now()
        recent = [at for at in self._created_at.get(scope, []) if at > now - 86_400]
        if len(recent) + count > CREATES_A_DAY:
            wait = self.world.clock.real(86_400)
            raise ApiError(Problem.TOO_MANY_CREATES, {"retry_after": wait}, {"Retry-After": str(int(wait))})
        self._created_at[scope] = recent + [now] * count

    def _registered(self, body: Json, known: Json | None, scope: int | None) -> Json:
        made: Json = {
            "id": known["id"] if known else str(self.world.ids.next()),
            "application_id": str(self.world.application_id),
            "version": str(self.world.ids.next()),
            "default_member_permissions": body.get("default_member_permissions"),
            "type": body.get("type", 1),
            "name": body["name"],
            "name_localizations": body.get("name_localizations"),
            "description": body.get("description", ""),
            "description_localizations": body.get("description_localizations"),
            "nsfw": body.get("nsfw", False),
        }
        if body.get("options"):
            made["options"] = body["options"]
        if scope is not None:
            return made | {"guild_id": str(scope)}
        return made | {
            "dm_permission": body.get("dm_permission", True),
            "contexts": body.get("contexts"),
            "integration_types": body.get("integration_types") or [0],
        }


def _key(command: Json) -> tuple[int, object]:
    return command.get("type", 1), command.get("name")


def check_all(commands: Sequence[Json]) -> None:
    """Refuse a set of commands for the first limit that it breaks; paths start with the command's index."""
    for kind, most in _PER_KIND.items():
        if sum(command.get("type", 1) == kind for command in commands) > most:
            raise invalid("_misc", "APPLICATION_COMMAND_TOO_MANY", f"Maximum number of commands reached ({most}).")
    seen: set[tuple[int, object]] = set()
    for index, command in enumerate(commands):
        check_command(str(index), command)
        if _key(command) in seen:
            raise invalid(f"{index}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Names must be unique")
        seen.add(_key(command))


def check_command(path: str, command: Json) -> None:
    """All limits of one command."""
    if command.get("type", 1) == 1:
        _check_texts(path, command)
        _check_options(f"{path}.options", command.get("options") or [])
    else:
        check_length(f"{path}.name", command.get("name"), 1, 32)
        if command.get("description") or command.get("options"):
            raise invalid(f"{path}.description", "APPLICATION_COMMAND_CONTEXT_MENU", "Only slash commands have this.")
    if sum(_texts(command)) > WHOLE_COMMAND:
        message = f"Command exceeds maximum size ({WHOLE_COMMAND})"
        raise invalid(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_texts(path: str, thing: Json) -> None:
    _check_name(f"{path}.name", thing.get("name"))
    check_length(f"{path}.description", thing.get("description"), 1, 100)
    for locale, name in _localized(path, thing, "name_localizations"):
        _check_name(f"{path}.name_localizations.{locale}", name)
    for locale, text in _localized(path, thing, "description_localizations"):
        check_length(f"{path}.description_localizations.{locale}", text, 1, 100)


def _localized(path: str, thing: Json, key: str) -> Iterator[tuple[str, object]]:
    for locale, text in (thing.get(key) or {}).items():
        if locale not in LOCALES:
            raise invalid(f"{path}.{key}.{locale}", "BASE_TYPE_CHOICES", "Value must be one of the locales.")
        yield locale, text


def _check_name(path: str, name: object) -> None:
    text = check_length(path, name, 1, 32)
    if text != text.lower() or not all(_name_character(character) for character in text):
        message = "Command name is invalid"
        raise invalid(path, "APPLICATION_COMMAND_INVALID_NAME", message)


def _name_character(character: str) -> bool:
    if character in "-_" or unicodedata.category(character)[0] in "LN":
        return True
    return unicodedata.name(character, "").startswith(("DEVANAGARI ", "THAI "))


def _check_options(path: str, options: Sequence[Json]) -> None:
    if len(options) > 25:
        raise invalid(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names = [option.get("name") for option in options]
    optional_seen = False
    for index, option in enumerate(options):
        if names.index(option.get("name")) != index:
            raise invalid(f"{path}.{index}.name", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Names must be unique")
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            raise invalid(f"{path}.{index}", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not option.get("required")
        _check_option(f"{path}.{index}", option)


def _check_option(path: str, option: Json) -> None:
    kind = option.get("type")
    if kind not in range(1, 12):
        raise invalid(f"{path}.type", "BASE_TYPE_CHOICES", "Value must be one of 1 to 11.")
    _check_texts(path, option)
    if kind in (1, 2):
        _check_options(f"{path}.options", option.get("options") or [])
    choices = option.get("choices") or []
    if option.get("autocomplete") and (choices or kind not in (_STRING, _INTEGER, _NUMBER)):
        message = "Choices and autocomplete exclude each other"
        raise invalid(f"{path}.autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_NOT_ALLOWED", message)
    _check_choices(f"{path}.choices", choices, kind)


def _check_choices(path: str, choices: Sequence[Json], kind: object) -> None:
    if len(choices) > 25:
        raise invalid(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        check_length(f"{path}.{index}.name", choice.get("name"), 1, 100)
        for locale, text in _localized(f"{path}.{index}", choice, "name_localizations"):
            check_length(f"{path}.{index}.name_localizations.{locale}", text, 1, 100)
        if kind == _STRING:
            check_length(f"{path}.{index}.value", choice.get("value"), 1, 100)


def _texts(thing: Json) -> Iterator[int]:
    """Lengths of all texts of a command, the longest localization of each standing for it."""
    for key in ("name", "description"):
        texts = [thing.get(key) or "", *(thing.get(f"{key}_localizations") or {}).values()]
        yield max(utf16(text) for text in texts)
    if isinstance(thing.get("value"), str):
        yield utf16(thing["value"])
    for part in (*(thing.get("options") or []), *(thing.get("choices") or [])):
        yield from _texts(part)
