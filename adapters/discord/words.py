"""The words of a message: mentions turned into names, the bot's own taken out."""

import re

import discord

from adapters.discord.me import Me

_MARK = re.compile(
    r"<(?:@!?(?P<person>\d+)|@&(?P<role>\d+)|#(?P<channel>\d+)|a?:(?P<emoji>\w+):\d+|/(?P<command>[^:<>]+):\d+)>"
)


def of(message: discord.Message, me: Me) -> str:
    """What somebody wrote, forwarded words as a quote, stickers by name; raw ids only where no name is known."""
    parts = [_named(message.content, message, me)]
    forwarded = [snap.content for snap in message.message_snapshots if snap.content]
    parts += ["\n".join(f"> {line}" for line in content.split("\n")) for content in forwarded]
    parts += [f":{sticker.name}:" for sticker in message.stickers]
    return "\n\n".join(part for part in parts if part)


def _named(content: str, message: discord.Message, me: Me) -> str:
    people = {person.id: person.display_name for person in message.mentions}
    without = re.sub(rf"[ \t]?(?:{'|'.join(map(re.escape, me.marks))})", "", content)
    return _MARK.sub(lambda mark: _name(mark, people, message.guild), without).strip()


def _name(mark: re.Match[str], people: dict[int, str], guild: discord.Guild | None) -> str:
    found: str | None = None
    match mark.lastgroup:
        case "person":
            found = _prefixed("@", people.get(int(mark["person"])))
        case "role":
            role = guild.get_role(int(mark["role"])) if guild else None
            found = _prefixed("@", role.name if role else None)
        case "channel":
            channel = guild.get_channel_or_thread(int(mark["channel"])) if guild else None
            found = _prefixed("#", channel.name if channel else None)
        case "emoji":
            found = f":{mark['emoji']}:"
        case "command":
            found = f"/{mark['command']}"
    return found or mark.group()


def _prefixed(sign: str, name: str | None) -> str | None:
    return None if name is None else sign + name
