"""The fake Slack as a place to measure in: one workspace, a hundred channels, no rate limits of its own."""

import itertools
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from bench.wire import Shared, Source, Spoken
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.values import Message, SharedFile

USER = "U0ASKER001"
DIRECT = "D0ASKER001"


class SlackPlace:
    """A spot is a channel, or `CHANNEL/THREAD` after `open_thread`."""

    def __init__(self, spots: int) -> None:
        self._slack = FakeSlack()
        self._slack.limit(None)
        self._slack.user(USER, "Ann")
        self.spots: Sequence[str] = [f"C{number:09d}" for number in range(spots)]
        for spot in self.spots:
            self._slack.channel(spot, members=[USER])
        self._slack.channel(DIRECT, "im", [USER])
        self._threads = itertools.count(1)

    @property
    def environment(self) -> Mapping[str, str]:
        """The tokens and the address."""
        return {
            "SLACK_BOT_TOKEN": self._slack.bot_token,
            "SLACK_APP_TOKEN": self._slack.app_token,
            "SLACK_API_URL": self._slack.api_url,
            "SLACK_FILE_HOSTS": self._slack.files_host,
        }

    @property
    def workspace(self) -> str:
        """The workspace's id, as conversations have it."""
        return self._slack.team_id

    async def ready(self) -> None:
        """Returns once a socket is open."""
        await self._slack.until(lambda: self._slack.sockets > 0, 30.0)

    async def ask(self, spot: str, text: str) -> None:
        """A mention, in the channel or in the thread."""
        channel, _, thread = spot.partition("/")
        await self._slack.say(USER, channel, f"<@{self._slack.bot_user_id}> {text}", thread or None)

    async def share(self, text: str, shared: Shared) -> Source:
        """A mention with a file, which begins a conversation of its own; without a word a direct message."""
        subtype = None if shared.voice_s is None else "slack_audio"
        files = [SharedFile(shared.name, shared.media_type, shared.content, subtype)]
        channel = self.spots[0] if text else DIRECT
        said = f"<@{self._slack.bot_user_id}> {text}" if text else ""
        ts = await self._slack.say(USER, channel, said, files=files)
        file = self._slack.workspace.channels[channel].messages[ts].files[0]
        token = {"Authorization": f"Bearer {self._slack.bot_token}"}
        return Source(f"{self._slack.files_host}/files/{file.id}/{file.name}", token)

    def open_thread(self) -> str:
        """A thread whose parent is there already; no event tells of it."""
        channel = self._slack.workspace.channels[self.spots[0]]
        ts = f"{1_600_000_000 + next(self._threads)}.000100"
        channel.messages[ts] = Message(ts, USER, "A thread from before.")
        return f"{channel.id}/{ts}"

    def spoken(self, start: int) -> Sequence[Spoken]:
        """Every Web API call."""
        return [
            Spoken(call.at, call.method, str(call.args.get("markdown_text") or call.args.get("text") or ""))
            for call in itertools.islice(self._slack.calls, start, None)
        ]

    async def __aenter__(self) -> Self:
        await self._slack.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._slack.__aexit__(kind, error, trace)
