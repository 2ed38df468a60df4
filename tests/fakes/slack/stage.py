"""What every method works on: the workspace, and the ways out of it."""

from dataclasses import dataclass

from tests.fakes.slack.delivery import Deliveries
from tests.fakes.slack.events import Payloads
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.values import Channel, Json, Message
from tests.fakes.slack.workspace import Workspace

HEARING = {
    "app_mention": "app_mentions:read",
    "message.channel": "channels:history",
    "message.group": "groups:history",
    "message.mpim": "mpim:history",
    "message.im": "im:history",
}
"""The scope that each event is sent for (https://docs.slack.dev/reference/events)."""


@dataclass(slots=True)
class Stage:
    """The workspace with its deliveries. `echoes`: the bot's own posts come back to it as events."""

    workspace: Workspace
    payloads: Payloads
    deliveries: Deliveries
    sockets: Sockets
    echoes: bool = True

    def posted(self, channel: Channel, message: Message) -> None:
        """Show the bot's new message, and send the bot the echo of it."""
        self.workspace.add(channel, message)
        if self.echoes and message.ephemeral_to is None:
            self.tell(self.payloads.message(channel, message))

    def altered(self, channel: Channel, message: Message, before: Json) -> None:
        """Show the bot's changed message, and send the bot the echo of it."""
        self.workspace.changed(channel, message)
        if self.echoes:
            self.tell(self.payloads.changed(channel, message, before))

    def tell(self, event: Json) -> None:
        """Deliver an event if the app's scopes let it hear of such a thing."""
        kind, place = str(event["type"]), str(event.get("channel_type"))
        needed = HEARING.get(kind) or HEARING.get(f"{kind}.{place}")
        if needed is None or needed in self.workspace.scopes:
            self.push(event)

    def push(self, event: Json) -> str:
        """Deliver an event; returns its event id."""
        return self.deliveries.push(self.payloads.body(event))
