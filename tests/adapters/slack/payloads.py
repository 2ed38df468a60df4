"""Payloads in the shapes that Slack's documentation shows, with made-up ids."""

from typing import Any

from adapters.slack.values import Identity, Profile

ME = Identity(team="T0TEAM", user="U0BOT", bot="B0BOT", name="parley")
PROFILES = {"U0ANN": Profile("Ann", "de-DE"), "U0BOB": Profile("Bob", "en-US", moderator=True)}


def body(event: dict[str, Any], **outer: Any) -> dict[str, Any]:
    """The outer body around an event."""
    grant = {"team_id": "T0TEAM", "enterprise_id": None, "is_enterprise_install": False, "user_id": "U0BOT"}
    around = {"type": "event_callback", "team_id": "T0TEAM", "api_app_id": "A0APP", "event_id": "Ev0001"}
    return {**around, "authorizations": [grant], "event": event, **outer}


def message(text: str = "hello", **more: Any) -> dict[str, Any]:
    """A plain message of Ann's in a channel."""
    plain = {"type": "message", "user": "U0ANN", "team": "T0TEAM", "text": text, "ts": "1700000000.000100"}
    return {**plain, "channel": "C0ROOM", "channel_type": "channel", "event_ts": "1700000000.000100", **more}


def mention(text: str = "<@U0BOT> hello", **more: Any) -> dict[str, Any]:
    """The other event of a mention; it has no channel type."""
    event = message(text, type="app_mention", **more)
    del event["channel_type"]
    return event


def changed(text: str, before: str, **more: Any) -> dict[str, Any]:
    """A `message_changed` of Ann's."""
    inner = {"type": "message", "user": "U0ANN", "ts": "1700000000.000100", "edited": {"user": "U0ANN"}, **more}
    outer = {"type": "message", "subtype": "message_changed", "channel": "C0ROOM", "ts": "1700000009.000900"}
    return {**outer, "message": {**inner, "text": text}, "previous_message": {**inner, "text": before}, "hidden": True}


def deleted(**more: Any) -> dict[str, Any]:
    """A `message_deleted` of Ann's."""
    before = {"type": "message", "user": "U0ANN", "text": "hello", "ts": "1700000000.000100", **more}
    outer = {"type": "message", "subtype": "message_deleted", "channel": "C0ROOM", "ts": "1700000009.000900"}
    return {**outer, "deleted_ts": before["ts"], "previous_message": before, "hidden": True}


def buried(**more: Any) -> dict[str, Any]:
    """What Slack tells when Ann deletes a message that has replies."""
    event = changed("This message was deleted.", "hello", thread_ts="1700000000.000100", **more)
    event["message"] |= {"subtype": "tombstone", "user": "USLACKBOT", "hidden": True}
    event["message"].pop("edited")
    return event


def press(action_id: str = "again:7", **more: Any) -> dict[str, Any]:
    """Bob presses a button under an answer of ours in a thread of the room."""
    post = {"type": "message", "user": "U0BOT", "bot_id": "B0BOT", "ts": "1700000005.000500", "text": "Paris."}
    place = {"type": "message", "message_ts": post["ts"], "channel_id": "C0ROOM", "is_ephemeral": False}
    button = {"type": "button", "action_id": action_id, "block_id": "a1", "action_ts": "1700000009.000900"}
    return {
        "type": "block_actions",
        "team": {"id": "T0TEAM", "domain": "fake"},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": "U0BOB", "username": "bob", "name": "bob", "team_id": "T0GUEST"},
        "api_app_id": "A0APP",
        "container": {**place, "thread_ts": "1700000000.000100"},
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "channel": {"id": "C0ROOM", "name": "room"},
        "message": {**post, "thread_ts": "1700000000.000100", "parent_user_id": "U0ANN"},
        "response_url": "https://hooks.slack.com/actions/T0TEAM/1/x",
        "actions": [button],
        **more,
    }


def stopped(**more: Any) -> dict[str, Any]:
    """Bob presses Slack's own stop sign."""
    where = {"channel": "C0ROOM", "thread_ts": "1700000000.000100", "event_ts": "1700000009.000900"}
    streams = {"streaming_message_ts": ["1700000005.000500"]}
    return {"type": "agent_session_stopped", "user": "U0BOB", **where, **streams, **more}


def voice(**more: Any) -> dict[str, Any]:
    """A voice clip, with the media type that mobile clients give it."""
    clip = {"id": "F0VOICE", "name": "audio_message.mp4", "mimetype": "video/mp4", "subtype": "slack_audio"}
    return {**clip, "size": 4321, "mode": "hosted", "duration_ms": 1800, **more}


def command(name: str = "/ask", text: str = "Where is Rome?", **more: Any) -> dict[str, Any]:
    """The form of a slash command."""
    form = {"command": name, "text": text, "user_id": "U0ANN", "user_name": "ann", "channel_id": "C0ROOM"}
    place = {"team_id": "T0TEAM", "api_app_id": "A0APP", "is_enterprise_install": "false", "trigger_id": "1.2.abc"}
    return {**form, **place, "response_url": "https://hooks.slack.com/commands/T0TEAM/1/x", **more}
