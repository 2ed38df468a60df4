"""A Discord for tests: REST and gateway on a loopback port, as strict as the real one where that can be known."""

from tests.fakes.discord.commands import Sync
from tests.fakes.discord.fake import FakeDiscord
from tests.fakes.discord.interactions import Interaction, NotAnswered
from tests.fakes.discord.limits import EDIT, READ, SEND, TYPING, Limits
from tests.fakes.discord.people import Choice, File, ShownMessage
from tests.fakes.discord.rest import Call
from tests.fakes.discord.sessions import Intent
from tests.fakes.discord.world import Channel, Guild, Message, MessageKind, Permission, Ping, User

__all__ = [
    "EDIT",
    "READ",
    "SEND",
    "TYPING",
    "Call",
    "Channel",
    "Choice",
    "FakeDiscord",
    "File",
    "Guild",
    "Intent",
    "Interaction",
    "Limits",
    "Message",
    "MessageKind",
    "NotAnswered",
    "Permission",
    "Ping",
    "ShownMessage",
    "Sync",
    "User",
]
