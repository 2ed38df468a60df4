"""What an operator pastes into Slack."""

import json
from urllib.parse import parse_qs, urlsplit

from adapters.slack import manifest
from adapters.slack.cli import commands
from bot.contract import Command, Option
from tests.adapters.slack.conftest import COMMANDS


def test_the_manifest_has_every_command_of_the_table() -> None:
    lines = {line.name: line for line in commands(COMMANDS)}
    printed = json.loads(lines["manifest"].run())
    assert printed["features"]["slash_commands"] == [
        {"command": "/ask", "description": "Ask the model", "usage_hint": "question", "should_escape": True},
        {"command": "/model", "description": "Show or set the model", "usage_hint": "[name]", "should_escape": True},
        {"command": "/help", "description": "What can you do?", "should_escape": True},
    ]


def test_the_manifest_asks_for_what_its_events_need_and_lets_people_write_directly() -> None:
    printed = json.loads(manifest.text(COMMANDS))
    scopes = set(printed["oauth_config"]["scopes"]["bot"])
    needed = {"app_mention": "app_mentions:read", "message.channels": "channels:history", "message.im": "im:history"}
    needed |= {"message.groups": "groups:history", "message.mpim": "mpim:history"}
    needed |= {"agent_session_stopped": "chat:write"}
    assert {needed[event] for event in printed["settings"]["event_subscriptions"]["bot_events"]} <= scopes
    assert {"chat:write", "commands", "users:read"} <= scopes
    assert printed["features"]["app_home"]["messages_tab_enabled"] is True
    assert printed["settings"]["socket_mode_enabled"] is True
    assert printed["settings"]["interactivity"] == {"is_enabled": True}


def test_a_name_that_slack_keeps_for_itself_does_not_spoil_the_manifest() -> None:
    table = [Command("search", {"en": "Search"}), *COMMANDS]
    assert manifest.manifest(table) == manifest.manifest(COMMANDS)


def test_no_more_commands_than_slack_takes() -> None:
    many = [Command(f"c{number}", {"en": "x"}, (Option("o", {"en": "y"}),)) for number in range(60)]
    assert len(json.loads(manifest.text(many))["features"]["slash_commands"]) == 50


def test_setup_names_the_three_secrets_and_links_to_a_ready_made_app() -> None:
    lines = {line.name: line for line in commands(COMMANDS)}
    said = lines["setup"].run()
    assert all(name in said for name in ("SLACK_APP_TOKEN=xapp-", "SLACK_BOT_TOKEN=xoxb-", "SLACK_SIGNING_SECRET="))
    (link,) = [word for line in said.splitlines() for word in line.split() if "manifest_json=" in word]
    query = parse_qs(urlsplit(link).query)
    assert query["new_app"] == ["1"]
    assert json.loads(query["manifest_json"][0]) == json.loads(lines["manifest"].run())
