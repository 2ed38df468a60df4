"""All that the engine and a platform's adapter say to each other.

Standard library only. An adapter turns what its platform sends into an `Event` and hands it to `Accept`;
the engine opens a `Channel` on the event's `Origin` and drives it, one verb at a time. Everything that
crosses this line is a frozen value, so that it can be stored and replayed after a restart.
"""

from bot.contract.events import (
    Accept,
    Addressed,
    ButtonPressed,
    CommandInvoked,
    Event,
    EventsMissed,
    Keys,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    StopRequested,
)
from bot.contract.files import Attachment, Download, File, Voice
from bot.contract.places import Address, Origin, Person, PersonKind
from bot.contract.platforms import (
    AsgiApp,
    Budget,
    Command,
    CommandLine,
    CommandLines,
    Connect,
    Host,
    Option,
    Platform,
    Survey,
)
from bot.contract.speaking import Button, Capabilities, Channel, Post, PostId

__all__ = [
    "Accept",
    "Address",
    "Addressed",
    "AsgiApp",
    "Attachment",
    "Budget",
    "Button",
    "ButtonPressed",
    "Capabilities",
    "Channel",
    "Command",
    "CommandInvoked",
    "CommandLine",
    "CommandLines",
    "Connect",
    "Download",
    "Event",
    "EventsMissed",
    "File",
    "Host",
    "Keys",
    "MessageDeleted",
    "MessageEdited",
    "MessageReceived",
    "Option",
    "Origin",
    "Person",
    "PersonKind",
    "Platform",
    "Post",
    "PostId",
    "StopRequested",
    "Survey",
    "Voice",
]
