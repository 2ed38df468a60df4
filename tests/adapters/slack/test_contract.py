"""The shared suite for channels, in a thread (streams) and in a direct message (updates)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from bot.contract import Attachment
from tests.adapters.channel_contract import ChannelContract, FileContract, ShownFile
from tests.adapters.slack.conftest import ANN, DIRECT, ROOM, origin_at
from tests.fakes.slack import FakeSlack, SharedFile, ShownMessage


@dataclass(frozen=True)
class SlackRig:
    """What Ann sees in one place; in a direct message a notice is a post like others."""

    slack: FakeSlack
    platform: SlackPlatform
    channel: SlackChannel
    place: str
    asked: str
    thread: str | None
    rewrites: bool = True

    async def shown(self) -> Sequence[str]:
        return [_read(post) for post in self._posts() if post.ephemeral_to is None]

    async def buttons(self) -> Sequence[Sequence[str]]:
        return [post.actions for post in self._posts() if post.ephemeral_to is None]

    async def notices(self) -> Sequence[str]:
        private = [post for post in self._posts() if post.ephemeral_to == ANN or self.place == DIRECT]
        return [_read(post) for post in private]

    async def pings(self) -> Sequence[str]:
        return [ping.mention for ping in self.slack.pinged]

    async def files(self) -> Sequence[Sequence[ShownFile]]:
        posts = [post for post in self._posts() if post.ephemeral_to is None]
        return [[ShownFile(file.name, file.content, file.alt) for file in post.files] for post in posts]

    async def share(self, name: str, media_type: str, content: bytes) -> Attachment:
        ts = self.slack.earlier(ANN, self.place, "", self.thread, [SharedFile(name, media_type, content)])
        (message,) = await self.platform.read(origin_at(self.slack, self.place, self.thread).address, self.asked, 1)
        assert message.origin.message_id == ts
        return message.attachments[0]

    def _posts(self) -> list[ShownMessage]:
        return [post for post in self.slack.screen(self.place, self.thread) if post.ts != self.asked]


def _read(post: ShownMessage) -> str:
    return post.text.replace("\u200b", "").strip()


class TestInAThread(ChannelContract, FileContract):
    @pytest.fixture
    async def rig(self, slack: FakeSlack, platform: SlackPlatform) -> SlackRig:
        asked = await slack.say(ANN, ROOM, "What is the capital of France?")
        return SlackRig(slack, platform, platform.open(origin_at(slack, ROOM, asked, asked)), ROOM, asked, asked)


class TestInADirectMessage(ChannelContract, FileContract):
    @pytest.fixture
    async def rig(self, slack: FakeSlack, platform: SlackPlatform) -> SlackRig:
        asked = await slack.say(ANN, DIRECT, "What is the capital of France?")
        return SlackRig(slack, platform, platform.open(origin_at(slack, DIRECT, None, asked)), DIRECT, asked, None)
