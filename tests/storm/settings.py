"""The storm's own settings, from the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DATABASES = ("sqlite", "postgres")


@dataclass(frozen=True, slots=True)
class StormSettings:
    """`databases` are stormed one after the other; `json` takes the figures, `logs` what the bots log.

    Without `media` there are no voice notes and no pictures.
    """

    turns: int = 500
    seed: int = 0
    databases: tuple[str, ...] = DATABASES
    json: Path | None = None
    logs: Path | None = None
    pace_s: float = 0.4
    media: bool = True


def read(environment: Mapping[str, str] | None = None) -> StormSettings:
    """The settings as they stand; a seed is drawn where none is set. Raises `ValueError` for a wrong one."""
    given = os.environ if environment is None else environment
    wanted = given.get("BOT_STORM_DATABASE") or "both"
    if wanted not in (*DATABASES, "both"):
        raise ValueError(f"BOT_STORM_DATABASE is {wanted!r}: write sqlite, postgres or both")
    turns = int(given.get("BOT_STORM_TURNS") or 500)
    if turns < 1:
        raise ValueError("BOT_STORM_TURNS must be at least 1")
    media = given.get("BOT_STORM_MEDIA") or "on"
    if media not in ("on", "off"):
        raise ValueError(f"BOT_STORM_MEDIA is {media!r}: write on or off")
    return StormSettings(
        turns=turns,
        seed=int(given.get("BOT_STORM_SEED") or secrets.randbelow(1_000_000)),
        databases=DATABASES if wanted == "both" else (wanted,),
        json=_path(given, "BOT_STORM_JSON"),
        logs=_path(given, "BOT_STORM_LOGS"),
        pace_s=float(given.get("BOT_STORM_PACE") or 0.4),
        media=media == "on",
    )


def _path(given: Mapping[str, str], name: str) -> Path | None:
    return Path(given[name]).resolve() if given.get(name) else None
