"""The table of Web API methods: who may call them, how often, and what they do."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.slack import chat, files, reading, streams
from tests.fakes.slack.args import Args
from tests.fakes.slack.limits import ALL_CHANNELS, ONE_CHANNEL, Rule, rule
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import Json, Token

Run = Callable[[Stage, Args], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A method. `scopes`: one of them is enough. `json`: reading methods do not look at JSON bodies."""

    run: Run
    tier: int | None
    scopes: frozenset[str] = frozenset()
    token: Token = Token.BOT
    json: bool = True

    def rules(self, name: str, args: Args) -> dict[str, Rule]:
        """What limits this call, by the name of the counter."""
        if name == "chat.postMessage":
            return {f"{name}:{args.values.get('channel')}": ONE_CHANNEL, name: ALL_CHANNELS}
        if self.tier is None:
            return {}
        # Tier 1 by the book, but two sockets at the start are good manners and are let in.
        return {name: Rule(10, 60.0) if self.tier == 1 else rule(self.tier)}


_WRITE = frozenset({"chat:write"})
_READ = frozenset({"channels:read", "groups:read", "im:read", "mpim:read"})
_HISTORY = frozenset({"channels:history", "groups:history", "im:history", "mpim:history"})

METHODS: dict[str, Method] = {
    "agents.sessions.setStatus": Method(reading.session_set_status, 3, _WRITE),
    "apps.connections.open": Method(reading.connections_open, 1, frozenset({"connections:write"}), Token.APP),
    "assistant.threads.setStatus": Method(reading.set_status, None, _WRITE | {"assistant:write"}),
    "auth.test": Method(reading.auth_test, None),
    "bots.info": Method(reading.bots_info, 3, frozenset({"users:read"}), json=False),
    "chat.appendStream": Method(streams.append, 4, _WRITE),
    "chat.delete": Method(chat.delete, 3, _WRITE),
    "chat.getPermalink": Method(chat.permalink, None, json=False),
    "chat.postEphemeral": Method(chat.post_ephemeral, 4, _WRITE),
    "chat.postMessage": Method(chat.post_message, None, _WRITE),
    "chat.startStream": Method(streams.start, 2, _WRITE),
    "chat.stopStream": Method(streams.stop, 2, _WRITE),
    "chat.update": Method(chat.update, 3, _WRITE),
    "conversations.history": Method(reading.history, 3, _HISTORY, json=False),
    "conversations.info": Method(reading.conversations_info, 3, _READ, json=False),
    "conversations.members": Method(reading.conversations_members, 4, _READ, json=False),
    "conversations.open": Method(reading.conversations_open, 3, frozenset({"im:write"})),
    "conversations.replies": Method(reading.replies, 3, _HISTORY, json=False),
    "files.completeUploadExternal": Method(files.complete_upload, 4, frozenset({"files:write"})),
    "files.getUploadURLExternal": Method(files.upload_url, 4, frozenset({"files:write"}), json=False),
    "files.info": Method(files.info, 4, frozenset({"files:read"}), json=False),
    "reactions.add": Method(reading.reactions_add, 3, frozenset({"reactions:write"})),
    "reactions.remove": Method(reading.reactions_remove, 2, frozenset({"reactions:write"})),
    "team.info": Method(reading.team_info, 3, frozenset({"team:read"}), json=False),
    "users.info": Method(reading.users_info, 4, frozenset({"users:read"}), json=False),
}
