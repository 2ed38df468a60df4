"""Times in which Slack had nobody to deliver to are told, once we can hear again."""

import asyncio

from adapters.slack.gaps import Missed
from adapters.slack.platform import SlackPlatform
from bot.contract import Event, EventsMissed, MessageReceived
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import ANN, DIRECT, FAST, Ear, listening, origin_at, settings_for
from tests.fakes.slack import FakeSlack


class Reader:
    """An `accept` that reads what was missed, as soon as it is told that something may be."""

    def __init__(self, platform: SlackPlatform, slack: FakeSlack) -> None:
        self._platform = platform
        self._place = origin_at(slack, DIRECT, None).address
        self.read: list[str] = []
        self.done = asyncio.Event()

    async def __call__(self, event: Event) -> None:
        assert isinstance(event, EventsMissed)
        self.read = [each.text for each in await self._platform.read(self._place, None, 9)]
        self.done.set()


async def test_it_is_said_at_the_start_when_reading_works(slack: FakeSlack, host: FakeHost) -> None:
    platform = SlackPlatform(host, settings_for(slack), FAST)
    slack.earlier(ANN, DIRECT, "while you were away")
    reader = Reader(platform, slack)
    async with platform:
        listen = asyncio.create_task(platform.listen(reader, ()))
        await asyncio.wait_for(reader.done.wait(), 5)
        assert slack.sockets == 2
        listen.cancel()
        await asyncio.gather(listen, return_exceptions=True)
    assert reader.read == ["while you were away"]


async def test_it_is_said_at_the_start_over_http_too(slack: FakeSlack, host: FakeHost, ear: Ear) -> None:
    async with listening(SlackPlatform(host, settings_for(slack, http=True), FAST), ear):
        await ear.gap(1)
    assert ear.gaps == 1


async def test_it_is_said_again_after_all_sockets_were_cut(slack: FakeSlack, host: FakeHost, ear: Ear) -> None:
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        await ear.gap(1)
        slack.drop()
        await ear.gap(2)
        assert slack.sockets > 0
        slack.drop()
        await ear.gap(3)


async def test_it_is_said_when_hearing_again_and_not_before(slack: FakeSlack, host: FakeHost, ear: Ear) -> None:
    slack.limit(None)
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        await ear.gap(1)
        slack.refuse(600)
        slack.drop()
        await slack.until(lambda: slack.called("apps.connections.open")[-1].error is not None)
        assert ear.gaps == 1
        slack.refuse(0)
        await ear.gap(2)
        assert slack.sockets > 0


async def test_one_socket_that_is_renewed_is_no_gap(slack: FakeSlack, host: FakeHost, ear: Ear) -> None:
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        await ear.gap(1)
        first = slack.server.sockets.open[0]
        await first.ws.close()
        await slack.until(lambda: slack.sockets == 2 and first not in slack.server.sockets.open)
        await slack.say(ANN, DIRECT, "still there?")
        (event,) = await ear.count(1)
        await asyncio.sleep(3 * FAST.watch_s)
    assert isinstance(event, MessageReceived)
    assert ear.gaps == 1


async def test_what_could_not_be_taken_is_said_again() -> None:
    told: list[Event] = []

    async def accept(event: Event) -> None:
        told.append(event)
        if len(told) < 3:
            raise OSError("the disk is full")

    await Missed(accept, FAST).tell()
    assert told == [EventsMissed("slack")] * 3
