"""What a place's history holds, read by REST alone."""

import discord

from adapters.discord.speaker import Speaker

PAGE = 100
"""The most that one call gives (https://discord.com/developers/docs/resources/message#get-channel-messages)."""


async def newest(speaker: Speaker, place: int, after: int, limit: int) -> list[discord.Message]:
    """The newest messages of a place that came after one, newest first. Raises `ChannelError`."""

    async def read() -> list[discord.Message]:
        found: list[discord.Message] = []
        async for message in speaker.client.get_partial_messageable(place).history(limit=limit):
            if message.id <= after:
                break
            found.append(message)
        return found

    return await speaker.call(read)


async def first(speaker: Speaker, place: int, after: int) -> list[discord.Message]:
    """The first page of what came after a message, oldest first. Raises `ChannelError`."""

    async def read() -> list[discord.Message]:
        channel = speaker.client.get_partial_messageable(place)
        since = discord.Object(after)
        return [message async for message in channel.history(limit=PAGE, after=since, oldest_first=True)]

    return await speaker.call(read)
