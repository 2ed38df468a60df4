"""Whether a database has the shape that this version of the program knows."""

from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name

from sqlalchemy import Connection, inspect, text

from bot.errors import SettingsError

_SETTING = "DATABASE_URL"
_HERE = Path(__file__).parent
_INSTALLED = _HERE / "migrations"
MIGRATIONS = _INSTALLED if _INSTALLED.is_dir() else _HERE.parents[1] / "migrations"
"""In a wheel the migrations lie beside this file, in a checkout at its top."""

# Loaded by name when there is something to upgrade: half a second and 8 MB that other starts need not pay.
_UPGRADE = "bot.store.upgrade:upgrade"


def known() -> tuple[str, ...]:
    """Every version of the schema, oldest first: the numbers that the files of `migrations/versions` begin with."""
    return tuple(sorted(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def current(connection: Connection) -> str | None:
    """The version that the database has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def ensure(connection: Connection, *, upgrade: bool) -> None:
    """Return when the schema is the newest; an older one is upgraded first, where that is allowed.

    Raises `SettingsError` for an older one otherwise, and always for one that a newer program made.
    """
    versions, found = known(), current(connection)
    if found == versions[-1]:
        return
    if found is not None and found not in versions:
        wrong = f"the database's schema {found} is newer than this version of Parley knows ({versions[-1]})"
        raise SettingsError(_SETTING, wrong, "install the newer version again")
    if not upgrade:
        wrong = f"the database's schema is {found or 'missing'}, this version of Parley needs {versions[-1]}"
        raise SettingsError(_SETTING, wrong, "run `parley db upgrade`")
    step: Callable[[Connection], None] = resolve_name(_UPGRADE)
    step(connection)
