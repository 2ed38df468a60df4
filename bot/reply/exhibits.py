"""Files that wait to be shown by the one task that writes posts."""

import asyncio
from dataclasses import dataclass

from bot.contract import Button, File
from bot.errors import ChannelError, PostGone, StoppedByReader
from bot.reply.journal import FIRST_FILE
from bot.reply.screen import Screen


@dataclass(frozen=True, slots=True)
class _Exhibit:
    page: int
    files: tuple[File, ...]
    text: str
    buttons: tuple[Button, ...]
    shown: "asyncio.Future[None]"


class Exhibits:
    """A queue of files; each has a future that is done when they stand."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._waiting: list[_Exhibit] = []

    @property
    def waiting(self) -> bool:
        """Whether there are files to be shown."""
        return bool(self._waiting)

    def add(
        self, number: int, files: tuple[File, ...], text: str, buttons: tuple[Button, ...]
    ) -> "asyncio.Future[None]":
        """Put files in line."""
        shown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Exhibit(FIRST_FILE + number, files, text, buttons, shown))
        return shown

    async def show(self) -> None:
        """Show the first in line. What the platform has against them is for whoever put them there."""
        exhibit = self._waiting.pop(0)
        try:
            await self._screen.exhibit(exhibit.page, exhibit.text, exhibit.files, exhibit.buttons)
        except (PostGone, StoppedByReader):
            raise
        except ChannelError as error:
            if not exhibit.shown.done():
                exhibit.shown.set_exception(error)
        else:
            if not exhibit.shown.done():
                exhibit.shown.set_result(None)
