"""The app's manifest, made from the command table and from what the adapter listens to.

The form is Slack's: https://docs.slack.dev/reference/app-manifest. No SDK is needed for it.
"""

import json
from collections.abc import Sequence
from urllib.parse import quote

from adapters.slack.scopes import EVENTS, SCOPES
from bot.contract import Command

_NAME = "Parley"
_SUMMARY = "Ask the team's language models"
_NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_json="
_MOST_COMMANDS = 50

BUILT_IN = frozenset(
    [
        "archive",
        "away",
        "collapse",
        "dnd",
        "expand",
        "feed",
        "invite",
        "join",
        "leave",
        "me",
        "msg",
        "mute",
        "open",
        "remind",
        "remove",
        "rename",
        "search",
        "shortcuts",
        "shrug",
        "status",
        "topic",
        "who",
    ]
)
"""Slack's own commands (https://slack.com/help/articles/201259356): one of them makes it refuse a whole manifest.

A command of such a name is left out here and stays within reach by mention.
"""


def manifest(table: Sequence[Command]) -> dict[str, object]:
    """The manifest for Socket Mode."""
    return {
        "display_information": {"name": _NAME, "description": _SUMMARY},
        "features": {
            "bot_user": {"display_name": _NAME.lower(), "always_online": True},
            # Without the Messages tab nobody can write to the app directly.
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "slash_commands": [_slash(command) for command in table if command.name not in BUILT_IN][:_MOST_COMMANDS],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            # Without it Slack shows our buttons and tells nobody that they were pressed.
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def text(table: Sequence[Command]) -> str:
    """The manifest as JSON to paste."""
    return json.dumps(manifest(table), indent=2, ensure_ascii=False)


def link(table: Sequence[Command]) -> str:
    """The address at which Slack makes an app of it."""
    return _NEW_APP + quote(json.dumps(manifest(table), separators=(",", ":")), safe="")


def _slash(command: Command) -> dict[str, object]:
    worded = [option for option in command.options if not option.file]
    first = [option.name if option.required else f"[{option.name}]" for option in worded[:1]]
    hint = " ".join([*first, *(f"[{option.name}=…]" for option in worded[1:])])
    slash = {
        "command": f"/{command.name}",
        "description": command.summary["en"],
        # Mentions and channels then come as ids, which we can name, and not as bare words.
        "should_escape": True,
    }
    return {**slash, "usage_hint": hint} if hint else slash
