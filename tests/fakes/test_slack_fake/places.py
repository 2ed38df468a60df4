"""Who and where in the workspace of these tests, and two ways to look at an answer."""

from collections.abc import Awaitable
from dataclasses import dataclass, field

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from tests.fakes.slack.values import Json

ANN, BOB = "U0ANN00001", "U0BOB00001"
GENERAL, PRIVATE, DIRECT, FOREIGN = "C0GENERAL1", "G0PRIVATE1", "D0ANN00001", "C0FOREIGN1"


async def refusal(call: Awaitable[AsyncSlackResponse]) -> str:
    """The error that the SDK raises for a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


@dataclass(slots=True)
class Heard:
    """What the app's listeners got: the outer bodies of events, and the commands."""

    bodies: list[Json] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    commands: list[Json] = field(default_factory=list)

    def events(self) -> list[Json]:
        """The inner events."""
        return [event for body in self.bodies if isinstance(event := body["event"], dict)]

    def kinds(self) -> list[str]:
        """Their types, with the subtype after a slash."""
        return [f"{event['type']}/{event.get('subtype', '')}".rstrip("/") for event in self.events()]
