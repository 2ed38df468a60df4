"""A program for the tests: the terminal platform of this process, with an echo in place of a model."""

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass

from adapters.terminal import connect
from bot.contract import Budget, Event, MessageReceived, Platform
from bot.errors import ChannelError
from bot.reply import Reply
from tests.fakes.journal import FakeJournal


@dataclass
class AloneHost:
    """A host that configures nothing else."""

    alone: bool = True

    def text(self, message_id: str, locale: str | None, **params: object) -> str:
        return message_id

    def budget(self, key: str, count: int, seconds: float) -> Budget:
        raise NotImplementedError


async def answer(platform: Platform, event: MessageReceived) -> None:
    channel = platform.open(event.origin)
    if event.text.startswith("/"):
        await channel.notify(f"no command {event.text}")
        return
    with suppress(ChannelError):
        async with Reply(channel, FakeJournal(), status="thinking") as reply:
            for word in f"You said: {event.text}. That is all.".split(" "):
                reply.write(word + " ")
                await asyncio.sleep(0.02)
            await reply.finish()


async def main() -> None:
    platform = connect(AloneHost())
    assert platform is not None
    async with platform, asyncio.TaskGroup() as group:

        async def accept(event: Event) -> None:
            assert isinstance(event, MessageReceived)
            group.create_task(answer(platform, event))

        patience = float(sys.argv[1]) if len(sys.argv) > 1 else None
        with suppress(TimeoutError):
            await asyncio.wait_for(platform.listen(accept, ()), patience)


if __name__ == "__main__":
    asyncio.run(main())
