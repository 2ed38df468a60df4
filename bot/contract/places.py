"""Where something is said, and by whom."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Address:
    """A place where a conversation lives: durable, and the key of its history.

    `workspace` is a Slack team or enterprise id, a Discord guild id, or a fixed word for direct messages;
    it is never empty. `thread` is None for the flat channel itself.
    """

    platform: str
    workspace: str
    channel: str
    thread: str | None = None

    def place(self, message_id: str) -> str:
        """The key of one message at this place, the same however its delivery was named."""
        return f"{self.platform}:{self.workspace}:{self.channel}:{message_id}"

    @property
    def parent(self) -> "Address":
        """The flat channel around a thread; itself where there is no thread."""
        return Address(self.platform, self.workspace, self.channel)


class PersonKind(Enum):
    """Who stands behind a message."""

    HUMAN = "human"
    BOT = "bot"
    """Another program."""
    SELF = "self"
    """This bot."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wrote or pressed something. `name` is what people call them there; the id where unknown.

    `moderator` says that they look after this channel, as far as the event itself or what is cached tells.
    """

    id: str
    name: str
    kind: PersonKind = PersonKind.HUMAN
    moderator: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What `Platform.open` needs to speak again, in any process, after any restart.

    `message_id` is the platform's id of the message that asked, None where a command has no message.
    `locale` is the asker's BCP 47 tag. `state` belongs to the adapter: opaque to the engine, stored with
    the turn, at most 4,000 characters.
    """

    address: Address
    asker: Person
    message_id: str | None = None
    locale: str | None = None
    state: str = ""

    @property
    def begins_thread(self) -> bool:
        """The message is the first one of the thread that it stands in."""
        return self.address.thread is not None and self.address.thread == self.message_id
