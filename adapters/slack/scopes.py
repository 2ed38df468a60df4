"""What the app asks Slack for: events, and for each scope what it is used for."""

EVENTS = (
    "agent_session_stopped",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)

SCOPES = {
    "app_mentions:read": "mentions",
    "channels:history": "follow threads in public channels",
    "chat:write": "answers, streams, the status line",
    "commands": "slash commands",
    "files:read": "files that come with a question",
    "files:write": "pictures, sounds and other files in answers",
    "groups:history": "follow threads in private channels",
    "im:history": "direct messages",
    "mpim:history": "follow threads in group messages",
    "users:read": "names and languages",
}

ESSENTIAL = frozenset({"chat:write"})
"""Without it no word can be said; what else is lacking is only named in the log, as some installations want less."""
