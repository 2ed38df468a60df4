"""Slash commands in, events out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack import events
from adapters.slack.values import Keepsake
from bot.contract import Address, Command, CommandInvoked, Option, Person
from tests.adapters.slack.payloads import ME, PROFILES, command

NOW = datetime(2026, 1, 2, tzinfo=UTC)
WORD, REST = Option("size", {"en": "Size"}), Option("prompt", {"en": "Prompt"})
TABLE = {
    "ask": Command("ask", {"en": "Ask"}, (Option("question", {"en": "What"}, required=True),)),
    "image": Command("image", {"en": "Draw"}, (REST, WORD)),
    "new": Command("new", {"en": "Begin anew"}),
}


def invoked(form: dict[str, Any]) -> CommandInvoked:
    found = events.command_of(form, ME, PROFILES, TABLE, NOW)
    assert found is not None
    return found


def test_a_command_carries_its_question_and_its_way_back() -> None:
    found = invoked(command())
    assert (found.name, dict(found.options), found.sent_at) == ("ask", {"question": "Where is Rome?"}, NOW)
    assert found.keys.event == "slack:T0TEAM:1.2.abc"
    assert found.keys.place is None
    assert found.origin.address == Address("slack", "T0TEAM", "C0ROOM")
    assert found.origin.asker == Person("U0ANN", "Ann")
    assert (found.origin.locale, found.origin.message_id) == ("de-DE", None)
    assert Keepsake.load(found.origin.state).response_url == "https://hooks.slack.com/commands/T0TEAM/1/x"


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("/ask", "", {}),
        ("/ask", "  two  words ", {"question": "two  words"}),
        ("/ask", "a &lt; b <@U0BOB>", {"question": "a < b @Bob"}),
        ("/image", "a  red fox wide", {"prompt": "a  red fox wide"}),
        ("/image", "a fox size=wide in snow", {"prompt": "a fox in snow", "size": "wide"}),
        ("/image", "SIZE=2K", {"size": "2K"}),
        ("/image", "e=mc2 size=", {"prompt": "e=mc2 size="}),
        ("/image", "prompt=a red fox size=2K", {"prompt": "a red fox", "size": "2K"}),
        ("/new", "whatever", {}),
    ],
)
def test_the_line_of_text_is_dealt_out_to_the_options(name: str, text: str, options: dict[str, str]) -> None:
    assert dict(invoked(command(name, text)).options) == options


def test_a_stranger_is_called_by_the_handle_that_came_along() -> None:
    assert invoked(command(user_id="U0NEW", user_name="newbie")).origin.asker == Person("U0NEW", "newbie")


def test_an_organisations_command_is_keyed_by_the_organisation() -> None:
    form = command(is_enterprise_install="true", enterprise_id="E0ORG", team_id="T0TEAM")
    assert invoked(form).origin.address.workspace == "E0ORG"


def test_a_command_that_is_not_in_the_table_is_no_event() -> None:
    assert events.command_of(command("/sing"), ME, PROFILES, TABLE, NOW) is None


def test_the_asker_and_everybody_mentioned_are_looked_up() -> None:
    assert events.strangers(command(text="ask <@U0BOB|bob>"), ME) == {"U0ANN", "U0BOB"}


@pytest.mark.parametrize("state", ["", "nonsense", "[1]", "{}"])
def test_a_foreign_state_is_an_empty_keepsake(state: str) -> None:
    assert Keepsake.load(state) == Keepsake()


def test_a_keepsake_survives_the_store() -> None:
    kept = Keepsake(team="T0TEAM", response_url="https://hooks.example/x")
    assert Keepsake.load(kept.dump()) == kept
