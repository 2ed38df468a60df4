"""Who may do what in a guild: its roles, who has them, and what a channel changes."""

from tests.fakes.discord.wire import Json
from tests.fakes.discord.world import ALL_PERMISSIONS, Channel, Guild, Permission, User, World

_PERSON = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY


def of_guild(world: World, guild: Guild) -> list[Json]:
    """Every role of a guild: everybody's, the bot's own, the moderators'."""
    mine: Json = {"bot_id": str(world.bot.id)}
    return [
        _role(guild.id, "@everyone", guild.everyone_permissions, {}),
        _role(guild.bot_role_id, world.bot.name, guild.bot_permissions, mine),
        _role(guild.moderator_role_id, "Moderators", Permission.MANAGE_MESSAGES, {}),
    ]


def of_member(world: World, user: User, guild: Guild) -> list[str]:
    """The ids of a member's roles; everybody's is not said."""
    if user.id == world.bot.id:
        return [str(guild.bot_role_id)]
    return [str(guild.moderator_role_id)] if user.id in guild.moderator_ids else []


def rights(user: User, guild: Guild) -> int:
    """What a person may do, as an interaction says it."""
    moderates = Permission.MANAGE_MESSAGES if user.id in guild.moderator_ids else 0
    return guild.everyone_permissions | _PERSON | moderates


def overwrites(world: World, channel: Channel) -> list[Json]:
    """What a channel changes: the bot's rights, where it has rights of its own there."""
    if channel.bot_permissions is None:
        return []
    deny = ALL_PERMISSIONS & ~channel.bot_permissions
    return [{"id": str(world.bot.id), "type": 1, "allow": str(channel.bot_permissions), "deny": str(deny)}]


def _role(role_id: int, name: str, permissions: int, tags: Json) -> Json:
    return {
        "id": str(role_id),
        "name": name,
        "permissions": str(int(permissions)),
        "position": 0 if name == "@everyone" else 1,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": bool(tags),
        "mentionable": False,
        "flags": 0,
        "tags": tags,
    }
