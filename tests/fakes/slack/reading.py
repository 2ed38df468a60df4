"""The methods that read, and the small ones around a conversation."""

import base64
import binascii
from collections.abc import Sequence

from tests.fakes.slack.args import Args
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import ApiError, Channel, Json, Message
from tests.fakes.slack.workspace import Status

HISTORY_MOST = 999
REPLIES_MOST = 1_000
SESSION_STATUSES = {"processing", "active", "suspended", "closed"}


def auth_test(stage: Stage, _: Args) -> Json:
    """`auth.test`."""
    me = stage.workspace.identity
    return {
        "url": "https://fake.slack.com/",
        "team": "Fake",
        "user": "parley",
        "team_id": me.team_id,
        "user_id": me.bot_user_id,
        "bot_id": me.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(stage: Stage, _: Args) -> Json:
    """`apps.connections.open`."""
    return {"url": stage.sockets.address()}


def team_info(stage: Stage, _: Args) -> Json:
    """`team.info`."""
    return {"team": {"id": stage.workspace.identity.team_id, "name": "Fake", "domain": "fake"}}


def bots_info(stage: Stage, args: Args) -> Json:
    """`bots.info`."""
    me = stage.workspace.identity
    if args.text("bot") not in (None, me.bot_id):
        raise ApiError("bot_not_found")
    return {"bot": {"id": me.bot_id, "app_id": me.app_id, "user_id": me.bot_user_id, "name": "parley"}}


def users_info(stage: Stage, args: Args) -> Json:
    """`users.info`; the locale only where it is asked for."""
    user = stage.workspace.users.get(args.need("user"))
    if user is None:
        raise ApiError("user_not_found")
    shown: Json = {
        "id": user.id,
        "team_id": stage.workspace.identity.team_id,
        "name": user.name.lower(),
        "real_name": user.name,
        "tz": "Europe/Berlin",
        "is_bot": user.is_bot,
        "is_admin": user.admin,
        "is_owner": False,
        "is_primary_owner": False,
        "deleted": False,
        "profile": {"real_name": user.name, "display_name": user.name},
    }
    return {"user": {**shown, "locale": user.locale} if args.flag("include_locale") else shown}


def conversations_info(stage: Stage, args: Args) -> Json:
    """`conversations.info`."""
    channel = stage.workspace.visible(args.need("channel"))
    me = stage.workspace.identity.bot_user_id
    shown: Json = {"id": channel.id, "is_im": channel.kind == "im", "is_mpim": channel.kind == "mpim"}
    if channel.kind == "im":
        return {"channel": {**shown, "user": next(iter(channel.members - {me}), me)}}
    shown |= {"name": channel.id.lower(), "is_channel": channel.kind == "channel", "is_group": channel.kind == "group"}
    return {"channel": {**shown, "is_private": channel.kind != "channel", "is_member": me in channel.members}}


def conversations_members(stage: Stage, args: Args) -> Json:
    """`conversations.members`."""
    channel = stage.workspace.visible(args.need("channel"))
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


def conversations_open(stage: Stage, args: Args) -> Json:
    """`conversations.open`: the direct message with one person."""
    user = args.need("users")
    both = {user, stage.workspace.identity.bot_user_id}
    for channel in stage.workspace.channels.values():
        if channel.kind == "im" and channel.members == both:
            return {"channel": {"id": channel.id}}
    if user not in stage.workspace.users:
        raise ApiError("user_not_found")
    channel = Channel(f"D{user}", "im", both)
    stage.workspace.channels[channel.id] = channel
    return {"channel": {"id": channel.id}}


def history(stage: Stage, args: Args) -> Json:
    """`conversations.history`: top-level messages, newest first, at most 999 a page."""
    channel = stage.workspace.channel(args.need("channel"))
    flat = [message for message in channel.messages.values() if message.thread_ts in (None, message.ts)]
    found = [message for message in flat if _between(message.ts, args)]
    return _page(stage, channel, sorted(found, key=lambda message: message.ts, reverse=True), args, HISTORY_MOST)


def replies(stage: Stage, args: Args) -> Json:
    """`conversations.replies`: the parent, then the replies from the oldest, at most 1,000 a page."""
    channel = stage.workspace.channel(args.need("channel"))
    ts = args.need("ts")
    parent = channel.messages.get(ts)
    if parent is None:
        raise ApiError("thread_not_found")
    under = [message for message in channel.messages.values() if message.thread_ts == ts and message.ts != ts]
    found = [parent, *(message for message in under if _between(message.ts, args))]
    return _page(stage, channel, sorted(found, key=lambda message: message.ts), args, REPLIES_MOST)


def set_status(stage: Stage, args: Args) -> Json:
    """`assistant.threads.setStatus`: words until the next post in the thread, two minutes, or ""."""
    channel = stage.workspace.channel(args.need("channel_id"))
    thread_ts = args.need("thread_ts")
    stage.workspace.parent(channel, thread_ts)
    if "status" not in args.values:
        raise ApiError("invalid_arguments")
    _check_loading(args)
    status = args.text("status")
    if status is None:
        stage.workspace.statuses.pop((channel.id, thread_ts), None)
    else:
        stage.workspace.statuses[channel.id, thread_ts] = Status(status, stage.workspace.clock.now())
    stage.workspace.changes.notify()
    return {}


def session_set_status(stage: Stage, args: Args) -> Json:
    """`agents.sessions.setStatus`: for apps that are declared as agents only."""
    channel = stage.workspace.channel(args.need("channel_id"))
    thread_ts = args.need("thread_ts")
    stage.workspace.parent(channel, thread_ts)
    if not stage.workspace.agent:
        raise ApiError("not_authorized")
    stage.workspace.session(channel.id, thread_ts, session_status(args, "status", None))
    stage.workspace.changes.notify()
    return {}


def session_status(args: Args, name: str, default: str | None) -> str:
    """The status of a session in an argument."""
    status = args.need(name) if default is None else args.text(name) or default
    if status not in SESSION_STATUSES:
        raise ApiError("invalid_arguments")
    return status


def reactions_add(stage: Stage, args: Args) -> Json:
    """`reactions.add`."""
    message, name = _reacted(stage, args)
    if name in message.reactions:
        raise ApiError("already_reacted")
    message.reactions.add(name)
    return {}


def reactions_remove(stage: Stage, args: Args) -> Json:
    """`reactions.remove`."""
    message, name = _reacted(stage, args)
    if name not in message.reactions:
        raise ApiError("no_reaction")
    message.reactions.remove(name)
    return {}


def _reacted(stage: Stage, args: Args) -> tuple[Message, str]:
    channel = stage.workspace.channel(args.need("channel"))
    message = channel.messages.get(args.need("timestamp"))
    if message is None:
        raise ApiError("message_not_found")
    return message, args.need("name")


def _check_loading(args: Args) -> None:
    loading = args.values.get("loading_messages")
    if isinstance(loading, list) and len(loading) > 10:
        raise ApiError("invalid_arguments")


def _between(ts: str, args: Args) -> bool:
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9" * 10
    if float(oldest) < float(ts) < float(latest):
        return True
    return args.flag("inclusive") and float(ts) in (float(oldest), float(latest))


def _page(stage: Stage, channel: Channel, found: Sequence[Message], args: Args, most: int) -> Json:
    limit = args.number("limit", 100 if most == HISTORY_MOST else most)
    if not 1 <= limit <= most:
        raise ApiError("invalid_limit")
    start = _start(args.text("cursor"), len(found))
    more = start + limit < len(found)
    whole = args.flag("include_all_metadata")
    page: Json = {"messages": [_read(stage, channel, message, whole) for message in found[start : start + limit]]}
    cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if more else ""
    return {**page, "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _read(stage: Stage, channel: Channel, message: Message, whole: bool) -> Json:
    """A message read back; of its metadata only the event type, unless all of it was asked for."""
    stored = stage.payloads.stored(channel, message)
    return {**stored, "metadata": message.metadata} if whole and message.metadata else stored


def _start(cursor: str | None, size: int) -> int:
    if cursor is None:
        return 0
    try:
        start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (ValueError, binascii.Error):
        raise ApiError("invalid_cursor") from None
    if not 0 <= start <= size:
        raise ApiError("invalid_cursor")
    return start
