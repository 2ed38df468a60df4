"""Where the bytes of files lie now. Discord's links run out, so each is asked for when it is needed."""

import logging
from collections.abc import Iterator
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.discord import failures
from adapters.discord.looks import Message
from adapters.discord.routes import Speaking
from bot.contract import Attachment, Download
from bot.errors import ChannelGone, FileLost, PostRejected

log = logging.getLogger("parley.discord")

CDN = ("https://cdn.discordapp.com", "https://media.discordapp.net")


class Downloads:
    """Finds files by their references. `api_base` is another Discord's address, whose files may lie there too."""

    def __init__(self, speaking: Speaking, api_base: str | None) -> None:
        self._speaking = speaking
        self._hosts = CDN if api_base is None else (*CDN, _host(api_base))

    async def locate(self, attachment: Attachment) -> Download:
        """A link that holds now. Raises `FileLost`, and `ChannelBusy` while nobody can say."""
        found = _lasting(attachment) if "://" in attachment.ref else await self._fresh(attachment)
        return Download(found, self._hosts)

    async def _fresh(self, attachment: Attachment) -> str:
        """From the message itself, whose links are new each time."""
        place, message_id, file = _ids(attachment)
        speaker = self._speaking()
        try:
            message = await speaker.call(lambda: speaker.client.http.get_message(place, message_id))
        except (ChannelGone, PostRejected) as error:
            _tell_the_operator(place, error)
            raise FileLost(f"its message cannot be had: {error}", attachment.name) from error
        for each in _files(message):
            if int(each["id"]) == file:
                return str(each["url"])
        raise FileLost("its message does not have it any more", attachment.name)


def _files(message: Message) -> Iterator[Any]:
    yield from message["attachments"]
    for snapshot in message.get("message_snapshots") or ():
        yield from snapshot["message"]["attachments"]


def _ids(attachment: Attachment) -> tuple[int, int, int]:
    try:
        place, message, file = map(int, attachment.ref.split("/"))
    except ValueError:
        raise FileLost("it has no reference of ours", attachment.name) from None
    return place, message, file


def _lasting(attachment: Attachment) -> str:
    """A command's file: no message has it, so its first link is its last. `ex` is a hexadecimal Unix time
    (https://discord.com/developers/docs/reference#signed-attachment-cdn-urls)."""
    for expires in parse_qs(urlsplit(attachment.ref).query).get("ex", ()):
        if not _is_ahead(expires):
            raise FileLost("its link has run out", attachment.name)
    return attachment.ref


def _is_ahead(expires: str) -> bool:
    try:
        return int(expires, 16) > time()
    except ValueError:
        return False


def _host(api_base: str) -> str:
    """Scheme and host, and the port where it is not the scheme's own."""
    parts = urlsplit(api_base)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def _tell_the_operator(place: int, error: ChannelGone | PostRejected) -> None:
    """Of a right that only somebody else can give."""
    if failures.lacks_a_right(error):
        log.warning("discord_file_closed channel=%d reason=%r needs='View Channel, Read Message History'", place, error)
