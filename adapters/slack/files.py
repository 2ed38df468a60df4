"""Files that people share: where their bytes are, and what Slack keeps back about some of them."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from adapters.slack import attached
from adapters.slack.api import Api
from adapters.slack.attached import Payload
from adapters.slack.faults import ScopeMissing
from adapters.slack.fixes import lacking
from bot.contract import Address, Attachment, Download
from bot.errors import ChannelBusy, ChannelError, FileLost

log = logging.getLogger("parley.slack")

_ELSEWHERE = "external"
_MOST = 10
"""Files of one message that Slack is asked about."""


class Files:
    """The files of one installation; `hosts` may be asked for them."""

    def __init__(self, api: Api, token: str, hosts: Sequence[str], patience: float) -> None:
        self._api = api
        self._token = token
        self._hosts = tuple(hosts)
        self._patience = patience

    async def locate(self, address: Address, attachment: Attachment) -> Download:
        """Where the bytes are now. Raises `FileLost`, and `ChannelBusy` where Slack cannot be asked."""
        found = await self._asked(address, attachment)
        mode = str(found.get("mode") or "")
        if mode == _ELSEWHERE or found.get("is_external"):
            # Its address is a stranger's: neither our token nor we ourselves go there.
            raise FileLost("the file lies outside Slack", attachment.name)
        url = str(found.get("url_private_download") or found.get("url_private") or "")
        if not url:
            raise FileLost(f"Slack shows no address of the file ({mode or 'no mode'})", attachment.name)
        return Download(url, self._hosts, {"Authorization": f"Bearer {self._token}"})

    async def filled(self, address: Address, message: Payload) -> Payload:
        """The message with what Slack has kept back about its files, as far as that can be had in time."""
        wanted = sorted(attached.kept_back(message))[:_MOST]
        if not wanted:
            return message
        tasks = {id: asyncio.create_task(self._known(address, id)) for id in wanted}
        await asyncio.wait(tasks.values(), timeout=self._patience)
        known = {id: task.result() for id, task in tasks.items() if task.done()}
        for task in tasks.values():
            task.cancel()
        return attached.filled(message, {id: file for id, file in known.items() if file})

    async def _asked(self, address: Address, attachment: Attachment) -> Payload:
        try:
            return await self._file(address, attachment.ref)
        except ChannelBusy:
            raise
        except ChannelError as error:
            raise FileLost(str(error), attachment.name) from error

    async def _known(self, address: Address, id: str) -> Payload | None:
        try:
            return await self._file(address, id)
        except ChannelError as error:
            log.info("slack_file_unknown file=%s reason=%s", id, error)
            return None

    async def _file(self, address: Address, id: str) -> Payload:
        try:
            told = await self._api.call("files.info", address, file=id)
        except ScopeMissing:
            log.error("slack_scope_missing scope=files:read fix=%r", lacking(["files:read"]).fix)
            raise
        found = told.get("file")
        return found if isinstance(found, Mapping) else {}
