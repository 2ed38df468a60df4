"""The payloads that Slack pushes, built from the workspace (pure)."""

import itertools
import time
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

from tests.fakes.slack.rendition import mrkdwn
from tests.fakes.slack.values import Channel, Json, Message, SharedFile
from tests.fakes.slack.workspace import Workspace

TOKEN = "verification-token"  # the deprecated field that every payload still carries


class Payloads:
    """Builds payloads for one workspace; each event gets an id of its own."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.files_url = ""
        self.upload_url = ""
        self._ids: Iterator[int] = itertools.count(1)

    def body(self, event: Json) -> Json:
        """The outer body around an event (https://docs.slack.dev/apis/events-api)."""
        me = self._workspace.identity
        authorization = {
            "enterprise_id": None,
            "team_id": me.team_id,
            "user_id": me.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": TOKEN,
            "team_id": me.team_id,
            "context_team_id": me.team_id,
            "context_enterprise_id": None,
            "api_app_id": me.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._ids):09d}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
            "event_context": f"4-{uuid4().hex}",
        }

    def message(self, channel: Channel, message: Message) -> Json:
        """A `message` event for a new message."""
        placed = {"channel": channel.id, "event_ts": message.ts, "channel_type": channel.kind}
        return {**self.stored(channel, message), **placed}

    def mention(self, channel: Channel, message: Message) -> Json:
        """The `app_mention` that comes beside the `message` of a mention; it has no channel type."""
        stored = self.stored(channel, message)
        stored.pop("subtype", None)
        return {**stored, "type": "app_mention", "channel": channel.id, "event_ts": message.ts}

    def changed(self, channel: Channel, message: Message, before: Json) -> Json:
        """A `message_changed`; an unfurl's has the same text on both sides."""
        ts = self._workspace.next_ts()
        return {
            "type": "message",
            "subtype": "message_changed",
            "message": self.stored(channel, message),
            "previous_message": before,
            "channel": channel.id,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel.kind,
        }

    def deleted(self, channel: Channel, before: Json) -> Json:
        """A `message_deleted`."""
        ts = self._workspace.next_ts()
        return {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": before,
            "deleted_ts": before["ts"],
            "channel": channel.id,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel.kind,
        }

    def stored(self, channel: Channel, message: Message) -> Json:
        """A message as events and `conversations.history` carry it."""
        me = self._workspace.identity
        text = mrkdwn(message.text) if message.markdown else message.text
        shown: Json = {"type": "message", "user": message.author, "text": text, "ts": message.ts, "team": me.team_id}
        if message.subtype is not None:
            shown["subtype"] = message.subtype
        if message.metadata:
            shown["metadata"] = {"event_type": message.metadata["event_type"]}
        if message.blocks:
            shown["blocks"] = list(message.blocks)
        if message.files:
            shown["files"] = [self.file(file) for file in message.files]
        if message.quotes:
            shown["attachments"] = [self._quote(channel_id, quoted) for channel_id, quoted in message.quotes]
        if message.stream is not None:
            running = self._workspace.streaming(message.stream)
            shown["streaming_state"] = "in_progress" if running else "completed"
        if message.edited:
            shown["edited"] = {"user": message.author, "ts": message.edited_ts or message.ts}
        return {**shown, **self._thread(channel, message), **self._bot(message)}

    def file(self, file: SharedFile, *, whole: bool = False) -> Json:
        """A file object; its addresses want the bot's token. Of a foreign one only `files.info` tells the `whole`.

        https://docs.slack.dev/apis/slack-connect
        """
        if file.foreign and not whole:
            return {"id": file.id, "mode": "file_access", "file_access": "check_file_info", "user": ""}
        if file.mode in {"tombstone", "hidden_by_limit"}:
            return {"id": file.id, "mode": file.mode}
        url = f"{self.files_url}{file.id}/{quote(file.name)}"
        if file.mode == "external":
            url = f"https://drive.example/{file.id}"
        described: Json = {
            "id": file.id,
            "name": file.name,
            "title": file.name,
            "mimetype": file.mimetype,
            "size": len(file.content),
            "mode": file.mode,
            "is_external": file.mode == "external",
            **({"alt_txt": file.alt} if file.alt else {}),
            "url_private": url,
            "url_private_download": url,
        }
        return {**described, "subtype": file.subtype} if file.subtype else described

    def _quote(self, channel: str, message: Message) -> Json:
        """A forwarded message; its files stand there and nowhere else."""
        files: Json = {"files": [self.file(file) for file in message.files]} if message.files else {}
        said: Json = {"is_share": True, "is_msg_unfurl": True, "channel_id": channel, "ts": message.ts}
        return {**said, "author_id": message.author, "text": message.text, **files}

    def _bot(self, message: Message) -> Json:
        me = self._workspace.identity
        if message.author != me.bot_user_id:
            return {"client_msg_id": str(uuid4())}
        return {"bot_id": me.bot_id, "app_id": me.app_id, "bot_profile": {"id": me.bot_id, "app_id": me.app_id}}

    def _thread(self, channel: Channel, message: Message) -> Json:
        if message.thread_ts is None:
            if not channel.replies.get(message.ts):
                return {}
            counted: Json = {"thread_ts": message.ts, "reply_count": channel.replies[message.ts]}
            return {**counted, "latest_reply": channel.latest[message.ts]}
        parent = channel.messages.get(message.thread_ts)
        return {"thread_ts": message.thread_ts, "parent_user_id": parent.author if parent else "USLACKBOT"}
