"""Whom a message mentions, and whom a message of the bot would really notify."""

import re
from dataclasses import dataclass

from tests.fakes.discord.wire import Json, invalid
from tests.fakes.discord.world import Channel, Message, Permission, Ping, World

_CODE = re.compile(r"```.*?```|``.+?``|`[^`]+`", re.DOTALL)
_USER = re.compile(r"<@!?(\d{15,20})>")
_ROLE = re.compile(r"<@&(\d{15,20})>")
_WHOLE = re.compile(r"@(everyone|here)")
_PARSED = ("users", "roles", "everyone")


@dataclass(frozen=True, slots=True)
class Allowed:
    """An `allowed_mentions` object that was checked; without one Discord notifies everybody named."""

    parse: frozenset[str] = frozenset(_PARSED)
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = True

    def user(self, user_id: int) -> bool:
        """Whether a named user may be notified."""
        return "users" in self.parse or user_id in self.users

    def role(self, role_id: int) -> bool:
        """Whether a named role may be notified."""
        return "roles" in self.parse or role_id in self.roles


def allowed_mentions(body: Json) -> Allowed:
    """Check and read the field of a message body."""
    given = body.get("allowed_mentions")
    if given is None:
        return Allowed()
    parse = given.get("parse", [])
    for index, word in enumerate(parse):
        if word not in _PARSED:
            raise invalid(f"allowed_mentions.parse.{index}", "BASE_TYPE_CHOICES", f"Value must be one of {_PARSED}.")
    for kind in ("users", "roles"):
        if kind in parse and given.get(kind):
            message = f"parse:['{kind}'] and {kind}: [ids...] are mutually exclusive."
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        if len(given.get(kind, [])) > 100:
            raise invalid(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    users, roles = ({int(i) for i in given.get(kind, [])} for kind in ("users", "roles"))
    return Allowed(frozenset(parse), frozenset(users), frozenset(roles), bool(given.get("replied_user", False)))


def mark(world: World, channel: Channel, message: Message, allowed: Allowed, *, mention_reply: bool) -> list[Ping]:
    """Fill a message's mentions from its text; gives what notifies. Code spans mention nobody."""
    text = _CODE.sub("", message.content)
    users = [i for i in map(int, _USER.findall(text)) if i in world.users and allowed.user(i)]
    roles = [i for i in map(int, _ROLE.findall(text)) if allowed.role(i)]
    whole = _whole(world, channel, message, text) if "everyone" in allowed.parse else []
    replied = channel.messages.get(message.reply_to or 0)
    if replied is not None and mention_reply:
        users.append(replied.author.id)
    message.mentions = tuple(dict.fromkeys(users))
    message.mention_roles = tuple(dict.fromkeys(roles))
    message.mention_everyone = bool(whole)
    targets: list[int | str] = [*message.mentions, *message.mention_roles, *whole]
    return [Ping(message.id, target, message.edited_at is not None) for target in targets]


def _whole(world: World, channel: Channel, message: Message, text: str) -> list[str]:
    may = message.author.id != world.bot.id or world.allowed(channel, Permission.MENTION_EVERYONE)
    return _WHOLE.findall(text) if may and channel.guild_id is not None else []
