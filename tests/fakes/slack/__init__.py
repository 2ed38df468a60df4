"""A Slack server on a loopback socket, as strict as the real one, driven by tests or run as a process."""

from tests.fakes.slack.fake import FakeSlack
from tests.fakes.slack.values import (
    Ack,
    Call,
    CommandOutcome,
    Delivery,
    Ping,
    SharedFile,
    ShownFile,
    ShownMessage,
)

__all__ = ["Ack", "Call", "CommandOutcome", "Delivery", "FakeSlack", "Ping", "SharedFile", "ShownFile", "ShownMessage"]
