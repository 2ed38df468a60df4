"""The command `parley`."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import entry_points, version
from typing import Any

import typer

from bot import logs, settings
from bot.app import serve, upgrade
from bot.contract import CommandLines
from bot.errors import BotError
from bot.features import commands
from bot.gateway.catalogue import Catalogue
from bot.settings import Settings
from bot.words import Words

GROUP = "bot.commands"
TERMINAL = "terminal"

app = typer.Typer(
    help="Parley: every model of a TokenGate gateway in Slack, Discord and a terminal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a trace with local variables could show a token
    rich_markup_mode=None,
)
database = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(database, name="db")


@app.command()
def run() -> None:
    """Run every configured platform; with none configured, a chat in this terminal."""
    _until_done(lambda config: serve(config))


@app.command()
def chat() -> None:
    """Chat in this terminal, whatever else is configured."""
    _until_done(lambda config: serve(config, {TERMINAL}))


@app.command()
def models() -> None:
    """List the chat models of the catalogue: id, vendor, context in tokens, what they can do."""
    for spec in Catalogue.load().chat():
        context = f"{spec.context:>9,}" if spec.context else f"{'?':>9}"
        print(f"{spec.id:32} {spec.vendor:10} {context}  {', '.join(sorted(spec.capabilities))}")


@app.command(name="version")
def show_version() -> None:
    """Print the version."""
    print(version("parley-bot"))


@database.command(name="upgrade")
def upgrade_database() -> None:
    """Bring the database of DATABASE_URL up to this version's schema."""
    _until_done(lambda config: upgrade(config))


def main() -> None:
    """Entry point: the platforms' own command lines are added to the core's."""
    _add_platforms()
    app()


def _add_platforms() -> None:
    table = commands(Words.load(), Catalogue.load())
    for point in entry_points(group=GROUP):
        lines: CommandLines = point.load()
        group = typer.Typer(help=f"{point.name.capitalize()}: what its set-up needs.", no_args_is_help=True)
        for line in lines(table):
            group.command(name=line.name, help=line.summary)(_printing(line.run))
        app.add_typer(group, name=point.name)


def _printing(text: Callable[[], str]) -> Callable[[], None]:
    def command() -> None:
        try:
            print(text())
        except BotError as error:
            raise _complaint(error) from None

    return command


def _until_done(main: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Run with the settings; a wrong one ends the program with one line and status 2."""
    try:
        config = settings.read()
        _log(config)
        asyncio.run(main(config))
    except BotError as error:
        raise _complaint(error) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _complaint(error: BotError) -> typer.Exit:
    print(f"parley: {error}", file=sys.stderr)
    return typer.Exit(2)


def _log(config: Settings) -> None:
    logs.set_up(config.log_level)
    for name, near in settings.unknown().items():
        hint = f"did you mean {near}?" if near else "it is ignored"
        logging.getLogger("parley").warning("setting_unknown name=%s hint=%s", name, hint)
