"""A socket without any SDK, to be slow or silent on purpose."""

import json

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.values import Json


class Raw:
    """One connection; `open` it, read frames, acknowledge or not."""

    def __init__(self, slack: FakeSlack, session: aiohttp.ClientSession) -> None:
        self._slack = slack
        self._session = session
        self.ws: aiohttp.ClientWebSocketResponse | None = None

    async def open(self) -> Json:
        """Connect; returns the first frame."""
        client = AsyncWebClient(base_url=self._slack.api_url, session=self._session)
        url = (await client.apps_connections_open(app_token=self._slack.app_token))["url"]
        self.ws = await self._session.ws_connect(url)
        return await self.frame()

    async def frame(self) -> Json:
        """The next frame."""
        assert self.ws is not None
        read: Json = await self.ws.receive_json(timeout=2)
        return read

    async def ack(self, envelope: Json) -> None:
        """Acknowledge an envelope."""
        assert self.ws is not None
        await self.ws.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))
