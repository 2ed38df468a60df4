"""What Slack delivers -> Event (pure). Payloads as in https://docs.slack.dev/reference/events/message."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.slack import attached, mrkdwn
from adapters.slack.values import PLATFORM, Identity, Keepsake, Profile, is_direct
from bot.contract import (
    Address,
    Addressed,
    Command,
    CommandInvoked,
    Event,
    Keys,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Origin,
    Person,
    PersonKind,
)

Payload = Mapping[str, Any]
Profiles = Mapping[str, Profile]

_SPOKEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})
_BY_PROGRAM = "bot_message"
_BURIED = "tombstone"
"""What stands in place of a deleted message that has replies; Slack tells of it as a change.

https://github.com/openclaw/openclaw/pull/22035
"""


def is_ours(event: Payload, me: Identity) -> bool:
    """An echo: a post of ours, an update of one, or its deletion."""
    around = (event, event.get("message"), event.get("previous_message"))
    return any(found.get("user") == me.user or found.get("bot_id") == me.bot for found in around if found)


def strangers(body: Payload, me: Identity) -> frozenset[str]:
    """The users whose names and languages `event_of` wants to know.

    None for talk in a channel that is not addressed to us: nobody keeps it, and asking Slack about every
    member who ever says a word would use up the calls that people who do ask us need.
    """
    if "command" in body:
        return frozenset({body.get("user_id", "")}) | mrkdwn.mentioned(body.get("text", ""))
    event = body.get("event", {})
    if not _is_message(event):
        return frozenset()
    if event.get("subtype") not in _SPOKEN or _is_other_bot(event):
        edited = event.get("message", {}) if event.get("subtype") == "message_changed" else {}
        return mrkdwn.mentioned(edited.get("text") or "") - {me.user}
    place = address_of(event, me, workspace_of(body, me))
    if place.thread is None and not is_direct(place):
        return frozenset()
    return (frozenset({event.get("user", "")}) | mrkdwn.mentioned(event.get("text") or "")) - {me.user, ""}


def event_of(body: Payload, me: Identity, profiles: Profiles) -> Event | None:
    """An Events API delivery as an Event; None for what is no business of ours."""
    event: Payload = body.get("event", {})
    if not _is_message(event) or is_ours(event, me):
        return None
    workspace = workspace_of(body, me)
    match event.get("subtype"):
        case "message_changed" if (event.get("message") or {}).get("subtype") == _BURIED:
            return _deleted(event, me, workspace)
        case "message_changed":
            return _edited(event, me, workspace, profiles)
        case "message_deleted":
            return _deleted(event, me, workspace)
        case subtype if _is_other_bot(event):
            # Whether a program that calls us is answered is for the engine to say.
            if subtype not in (*_SPOKEN, _BY_PROGRAM) or not _calls_us(event, me):
                return None
        case subtype if subtype not in _SPOKEN or not event.get("user"):
            return None
    delivery = f"{PLATFORM}:{workspace}:{body.get('event_id', '')}"
    return message_of(event, address_of(event, me, workspace), me, profiles, delivery)


def message_of(event: Payload, address: Address, me: Identity, profiles: Profiles, delivery: str) -> MessageReceived:
    """One message, also of a bot or of ours, as it stands in an event or in a channel's history."""
    text = event.get("text") or ""
    asker = _person(event, me, profiles)
    keepsake = Keepsake(team=str(event.get("user_team") or event.get("team") or ""))
    return MessageReceived(
        keys=Keys(delivery, address.place(event["ts"])),
        origin=Origin(address, asker, event["ts"], locale_of(asker.id, profiles), keepsake.dump()),
        text=mrkdwn.to_markdown(text, me.user, _names(profiles)),
        addressed=_addressed(text, address, me),
        sent_at=datetime.fromtimestamp(float(event["ts"]), UTC),
        attachments=attached.attachments(event),
        quoted=attached.quoted(event),
        edited_at=_edited_at(event),
    )


def is_spoken(event: Payload) -> bool:
    """A message that somebody or something wrote, not a notice of Slack's."""
    return event.get("type", "message") == "message" and event.get("subtype") in _SPOKEN | {"bot_message"}


def command_of(
    body: Payload, me: Identity, profiles: Profiles, table: Mapping[str, Command], now: datetime
) -> CommandInvoked | None:
    """A slash command as an Event; None when the table has no such command."""
    command = table.get(str(body["command"]).removeprefix("/"))
    if command is None:
        return None
    workspace = _command_workspace(body, me)
    user = str(body["user_id"])
    keepsake = Keepsake(team=str(body.get("team_id", "")), response_url=str(body.get("response_url", "")))
    text = mrkdwn.to_markdown(str(body.get("text", "")), me.user, _names(profiles))
    return CommandInvoked(
        keys=Keys(f"{PLATFORM}:{workspace}:{body.get('trigger_id', '')}"),
        origin=Origin(
            Address(PLATFORM, workspace, str(body["channel_id"])),
            person_of(user, profiles, str(body.get("user_name") or "")),
            locale=locale_of(user, profiles),
            state=keepsake.dump(),
        ),
        name=command.name,
        options=command.read(text),
        sent_at=now,
    )


def person_of(user: str, profiles: Profiles, called: str = "") -> Person:
    """Somebody by what is known of them; `called` is the name that came with the payload."""
    known = profiles.get(user, Profile(called or user))
    return Person(user, known.name, moderator=known.moderator)


def locale_of(user: str, profiles: Profiles) -> str | None:
    """The language in which somebody uses Slack, where that is known."""
    return profiles[user].locale if user in profiles else None


def workspace_of(body: Payload, me: Identity) -> str:
    """The workspace, or the whole organization, for which the app was installed."""
    # In a shared channel `team_id` may be the sender's; whose token applies is told by `authorizations`.
    grants: Sequence[Payload] = body.get("authorizations") or ()
    grant: Payload = grants[0] if grants else body
    chosen = grant.get("enterprise_id") if grant.get("is_enterprise_install") else grant.get("team_id")
    return str(chosen or me.team)


def _command_workspace(body: Payload, me: Identity) -> str:
    wide = str(body.get("is_enterprise_install", "")).lower() == "true"
    return str((body.get("enterprise_id") if wide else body.get("team_id")) or me.team)


def _is_message(event: Payload) -> bool:
    """Whatever else an operator may subscribe to, or Slack may leave out one day, is acknowledged and dropped."""
    return event.get("type") in ("message", "app_mention") and bool(event.get("channel")) and bool(event.get("ts"))


def address_of(event: Payload, me: Identity, workspace: str) -> Address:
    """Where a message belongs: a mention in a channel opens the thread under it."""
    flat = Address(PLATFORM, workspace, str(event["channel"]))
    thread = event.get("thread_ts")
    if thread is None and not is_direct(flat) and _calls_us(event, me):
        thread = event.get("ts")
    return Address(PLATFORM, workspace, flat.channel, thread)


def _calls_us(event: Payload, me: Identity) -> bool:
    return event.get("type") == "app_mention" or me.user in mrkdwn.mentioned(event.get("text") or "")


def _addressed(text: str, address: Address, me: Identity) -> Addressed:
    others = mrkdwn.mentioned(text)
    if is_direct(address) or me.user in others:
        return Addressed.BOT
    return Addressed.OTHER if others or mrkdwn.calls_group(text) else Addressed.OPEN


def _person(event: Payload, me: Identity, profiles: Profiles) -> Person:
    user, bot = str(event.get("user") or ""), event.get("bot_id")
    if user == me.user or (bot and bot == me.bot):
        return Person(me.user, me.name, PersonKind.SELF)
    if _is_other_bot(event):
        said = event.get("username") or (event.get("bot_profile") or {}).get("name")
        return Person(str(bot or user), str(said or bot or user), PersonKind.BOT)
    return person_of(user, profiles)


def _is_other_bot(event: Payload) -> bool:
    return bool(event.get("bot_id")) or event.get("subtype") == _BY_PROGRAM


def _edited(event: Payload, me: Identity, workspace: str, profiles: Profiles) -> MessageEdited | None:
    message, before = event.get("message") or {}, event.get("previous_message") or {}
    # Slack says "changed" also when a link unfurls or the first reply to a thread comes in.
    unchanged = message.get("text") == before.get("text")
    if unchanged or message.get("subtype") not in _SPOKEN or _is_other_bot(message):
        return None
    text = mrkdwn.to_markdown(message.get("text") or "", me.user, _names(profiles))
    place = _place(event, message, before, me, workspace)
    return MessageEdited(place, str(message["ts"]), text, _edited_at(message))


def _edited_at(message: Payload) -> datetime | None:
    at = (message.get("edited") or {}).get("ts")
    return datetime.fromtimestamp(float(at), UTC) if at else None


def _deleted(event: Payload, me: Identity, workspace: str) -> MessageDeleted:
    before = event.get("previous_message") or {}
    gone = event.get("deleted_ts") or before["ts"]
    return MessageDeleted(_place(event, before, {}, me, workspace), str(gone))


def _place(event: Payload, message: Payload, before: Payload, me: Identity, workspace: str) -> Address:
    """Where a message stands: a mention stays in the thread under it even when the edit takes the mention out."""
    called = {**message, "text": f"{before.get('text') or ''} {message.get('text') or ''}", "channel": event["channel"]}
    if is_direct(Address(PLATFORM, workspace, event["channel"])) and message.get("thread_ts") == message.get("ts"):
        # A direct message stays flat although somebody has opened a thread under it.
        called.pop("thread_ts")
    return address_of(called, me, workspace)


def _names(profiles: Profiles) -> Mapping[str, str]:
    return {user: profile.name for user, profile in profiles.items()}
