"""The command table as Discord's application commands: registered by difference, completed from memory."""

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import aiohttp
import discord
from discord.http import Route

from adapters.discord import files
from bot.contract import Command, Option

log = logging.getLogger("parley.discord")

_SLASH, _STRING = 1, discord.AppCommandOptionType.string.value
_MOST_CHOICES = 25
_LONGEST_CHOICE = 100
_SYNC_S = 30.0
_LOCALES = {locale.value.lower(): locale.value for locale in discord.Locale}
_NEAREST = {
    "zh": "zh-CN",
    "zh-hans": "zh-CN",
    "zh-sg": "zh-CN",
    "zh-hant": "zh-TW",
    "zh-hk": "zh-TW",
    "es": "es-ES",
    "pt": "pt-BR",
    "sv": "sv-SE",
}


async def sync(client: discord.Client, application: int, commands: Sequence[Command]) -> None:
    """Register the whole table in one request, if it differs from what is registered; a failure is logged.

    Nothing is ever deleted first: a limit reached in between would leave the bot without commands.
    """
    wanted = [payload(command) for command in commands]
    try:
        async with asyncio.timeout(_SYNC_S):
            if same(wanted, await _registered(client, application)):
                return
            await client.http.bulk_upsert_global_commands(application, payload=wanted)
    except discord.HTTPException as error:
        log.error("discord_commands_not_registered status=%s reason=%r", error.status, _explained(error, commands))
    except (discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.error("discord_commands_not_registered reason=%s", type(error).__name__)
    else:
        log.info("discord_commands_registered count=%d", len(wanted))


def payload(command: Command) -> dict[str, Any]:
    """One slash command as Discord takes it; where it may be used is left to the application's own settings."""
    ordered = sorted(command.options, key=lambda option: not option.required)
    return {
        "type": _SLASH,
        "name": command.name,
        **_described(command.summary),
        "options": [_option(option) for option in ordered],
    }


def same(wanted: Iterable[Mapping[str, Any]], registered: Iterable[Mapping[str, Any]]) -> bool:
    """Whether all that we say about our commands is what is registered, and nothing else is registered."""
    return sorted(map(_canonical, wanted)) == sorted(map(_canonical, registered))


def choices(command: Command | None, focused: str, prefix: str) -> list[str]:
    """What completes the prefix of an option, best first; empty where nothing is known."""
    options = () if command is None else command.options
    found = next((option.suggest for option in options if option.name == focused), None)
    values = [] if found is None else found(prefix)
    return [value for value in values if 0 < len(value) <= _LONGEST_CHOICE][:_MOST_CHOICES]


def discord_locale(tag: str) -> str | None:
    """Discord's locale for a BCP 47 tag; None where it has none, or where it is the default text's."""
    whole = tag.lower().replace("_", "-")
    if whole == "en":
        return None
    parts = whole.split("-")
    candidates = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((_NEAREST.get(tag) or _LOCALES[tag] for tag in candidates if tag in _NEAREST or tag in _LOCALES), None)


def _described(summary: Mapping[str, str]) -> dict[str, Any]:
    localized = {discord_locale(tag): text for tag, text in summary.items()}
    return {
        "description": summary["en"],
        "description_localizations": {locale: text for locale, text in localized.items() if locale is not None},
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "type": files.OPTION if option.file else _STRING,
        "name": option.name,
        **_described(option.summary),
        "required": option.required,
        "autocomplete": option.suggest is not None,
    }


def _canonical(command: Mapping[str, Any]) -> str:
    return repr((_facts(command), [(*_facts(option), *_demands(option)) for option in command.get("options") or []]))


def _facts(thing: Mapping[str, Any]) -> tuple[Any, ...]:
    localized = sorted((thing.get("description_localizations") or {}).items())
    return thing.get("type", _SLASH), thing["name"], thing.get("description", ""), localized


def _demands(option: Mapping[str, Any]) -> tuple[bool, bool]:
    return bool(option.get("required")), bool(option.get("autocomplete"))


async def _registered(client: discord.Client, application: int) -> list[dict[str, Any]]:
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    found: list[dict[str, Any]] = await client.http.request(route, params={"with_localizations": "true"})
    return found


def _explained(error: discord.HTTPException, commands: Sequence[Command]) -> str:
    """Discord's complaint on one line, with the index in its path turned into the command's name."""

    def named(match: re.Match[str]) -> str:
        index = int(match["index"])
        return f"In {commands[index].name if index < len(commands) else index}"

    return re.sub(r"\bIn (?P<index>\d+)", named, "; ".join(error.text.splitlines()))[:500]
