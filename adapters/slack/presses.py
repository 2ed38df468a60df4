"""What people press: our buttons, and Slack's own stop sign (pure).

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload,
https://docs.slack.dev/reference/events/agent_session_stopped
"""

from adapters.slack.events import Payload, Profiles, locale_of, person_of, workspace_of
from adapters.slack.values import PLATFORM, Identity, Keepsake
from bot.contract import Address, ButtonPressed, Keys, Origin, Person, PostId, StopRequested

STOPPED = "agent_session_stopped"


def presser(body: Payload) -> str:
    """The id of whoever pressed; empty where the payload does not say."""
    whose = body.get("user") or {}
    return str(whose.get("id") or "")


def pressed_of(body: Payload, me: Identity, profiles: Profiles) -> ButtonPressed | None:
    """A `block_actions` payload as an Event; None for whatever is no button under a post of ours.

    The key names the press, not its delivery: who, where, what and Slack's own time of it, to the microsecond. The
    payload's `trigger_id` would do as well, but is only promised where a dialog may be opened.
    """
    message, action = body.get("message") or {}, _action(body)
    user, channel = presser(body), _channel(body)
    if not (_is_ours(message, me) and action and user and channel and message.get("ts")):
        return None
    post, button = str(message["ts"]), str(action["action_id"])
    address = Address(PLATFORM, _workspace(body, me), channel, _thread(message))
    when = action.get("action_ts") or body.get("trigger_id") or ""
    keepsake = Keepsake(str((body.get("user") or {}).get("team_id") or ""), str(body.get("response_url") or ""))
    return ButtonPressed(
        keys=Keys(f"{address.place(post)}:{button}:{user}:{when}"),
        origin=Origin(address, _person(body, profiles), None, locale_of(user, profiles), keepsake.dump()),
        button=button,
        post=PostId(post),
    )


def stopped_of(body: Payload, me: Identity, profiles: Profiles) -> StopRequested | None:
    """An `agent_session_stopped` delivery as an Event; None where it does not say where, or who."""
    event: Payload = body.get("event") or {}
    user, channel = str(event.get("user") or ""), event.get("channel")
    if not user or not channel:
        return None
    address = Address(PLATFORM, workspace_of(body, me), str(channel), event.get("thread_ts"))
    origin = Origin(address, person_of(user, profiles), None, locale_of(user, profiles), Keepsake().dump())
    return StopRequested(origin, tuple(PostId(str(ts)) for ts in event.get("streaming_message_ts") or ()))


def _action(body: Payload) -> Payload:
    """Slack sends one action at a time; what is no plain button belongs to somebody else."""
    found = [action for action in body.get("actions") or () if action.get("type") == "button"]
    return found[0] if found and found[0].get("action_id") else {}


def _is_ours(message: Payload, me: Identity) -> bool:
    return bool(message) and (message.get("user") == me.user or message.get("bot_id") == me.bot)


def _channel(body: Payload) -> str:
    where, container = body.get("channel") or {}, body.get("container") or {}
    return str(where.get("id") or container.get("channel_id") or "")


def _thread(message: Payload) -> str | None:
    """The first message of a thread names itself as its thread; our posts there belong to the place around it."""
    thread = message.get("thread_ts")
    return str(thread) if thread and thread != message.get("ts") else None


def _workspace(body: Payload, me: Identity) -> str:
    # The payload's own `team` may be that of whoever pressed, in a channel that two organizations share.
    wide = str(body.get("is_enterprise_install", "")).lower() == "true"
    return str(((body.get("enterprise") or {}).get("id") if wide else None) or me.team)


def _person(body: Payload, profiles: Profiles) -> Person:
    whose = body.get("user") or {}
    return person_of(presser(body), profiles, str(whose.get("name") or whose.get("username") or ""))
