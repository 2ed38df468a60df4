"""What every method works on: the workspace, and the ways out of it."""

from dataclasses import dataclass

from tests.fakes.slack.delivery import Deliveries
from tests.fakes.slack.events import Payloads
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.values import Channel, Json, Message
from tests.fakes.slack.workspace import Workspace


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
            self.push(self.payloads.message(channel, message))

    def altered(self, channel: Channel, message: Message, before: Json) -> None:
        """Show the bot's changed message, and send the bot the echo of it."""
        self.workspace.changed(channel, message)
        if self.echoes:
            self.push(self.payloads.changed(channel, message, before))

    def push(self, event: Json) -> str:
        """Deliver an event; returns its event id."""
        return self.deliveries.push(self.payloads.body(event))
