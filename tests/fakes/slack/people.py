"""What people do in the workspace, each with the events that Slack pushes for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from tests.fakes.slack.blocks import actions
from tests.fakes.slack.library import Share
from tests.fakes.slack.responses import ResponseUrls
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import ApiError, Channel, CommandOutcome, Json, Message, SharedFile


def bury(message: Message) -> None:
    """What is left of a deleted message that has replies."""
    message.subtype, message.author, message.text = "tombstone", "USLACKBOT", "This message was deleted."
    message.blocks, message.files, message.metadata = (), (), {}


@dataclass(slots=True)
class People:
    """The hands of everybody but the bot."""

    stage: Stage
    responses: ResponseUrls

    def say(
        self,
        user: str,
        channel_id: str,
        text: str,
        thread_ts: str | None,
        files: Sequence[SharedFile],
        quoting: Sequence[tuple[str, str]] = (),
        *,
        mention_first: bool,
    ) -> Message:
        """Write. A mention in a channel makes two events, an `app_mention` and a `message`."""
        channel = self._place(user, channel_id)
        if thread_ts is not None:
            self.stage.workspace.parent(channel, thread_ts)
        message = self.written(user, channel, text, thread_ts, files)
        message.quotes = tuple((place, self.stage.workspace.channels[place].messages[ts]) for place, ts in quoting)
        events = self._events(channel, message)
        for event in events if mention_first else reversed(events):
            self._push(channel, event)
        return message

    def written(
        self, user: str, channel: Channel, text: str, thread_ts: str | None, files: Sequence[SharedFile]
    ) -> Message:
        """A message that stands there; no event tells of it."""
        workspace = self.stage.workspace
        message = Message(workspace.next_ts(), user, text, thread_ts, files=workspace.library.add(user, files))
        for file in message.files:
            workspace.library.kept[file.id].shares.append(Share(channel.id, message.ts, thread_ts))
        message.subtype = "file_share" if files else None
        workspace.add(channel, message)
        return message

    def edit(self, user: str, channel_id: str, ts: str, text: str) -> None:
        """Change one's own message."""
        channel = self._place(user, channel_id)
        message = channel.messages[ts]
        before = self.stage.payloads.stored(channel, message)
        if text != message.text:
            message.edited, message.edited_ts = True, self.stage.workspace.next_ts()
        message.text = text
        self.stage.workspace.changes.notify()
        self._push(channel, self.stage.payloads.changed(channel, message, before))

    def delete(self, user: str, channel_id: str, ts: str) -> None:
        """Take a message away. One with replies leaves a tombstone, which is told as a change.

        https://github.com/42wim/matterbridge/issues/600
        """
        channel = self._place(user, channel_id)
        message = channel.messages[ts]
        before = self.stage.payloads.stored(channel, message)
        if not channel.replies.get(ts):
            self.stage.workspace.remove(channel, ts)
            self._push(channel, self.stage.payloads.deleted(channel, before))
            return
        bury(message)
        self.stage.workspace.changes.notify()
        self._push(channel, self.stage.payloads.changed(channel, message, before))

    async def command(self, user: str, channel_id: str, command: str, text: str) -> CommandOutcome:
        """Call a slash command and wait for what becomes of it; it is sent once and never again."""
        channel = self._place(user, channel_id)
        url = self.responses.give(user, channel)
        return await self._ask("slash_commands", self._command(user, channel, command, text, url), url)

    async def press(self, user: str, channel_id: str, ts: str, action_id: str) -> CommandOutcome:
        """Press a button and wait for what becomes of it; like a command it is sent once."""
        channel = self._place(user, channel_id)
        message = channel.messages[ts]
        action = {each["action_id"]: each for block in message.blocks for each in actions(block)}[action_id]
        url = self.responses.give(user, channel, message)
        return await self._ask("interactive", self._pressed(user, channel, message, action, url), url)

    def stop_stream(self, user: str, channel_id: str, ts: str) -> None:
        """Press stop on an answer that streams."""
        channel = self._place(user, channel_id)
        message = channel.messages[ts]
        if message.stream is None or not self.stage.workspace.streaming(message.stream):
            raise ApiError("message_not_in_streaming_state")
        message.stream.open, message.stream.stopped_by_user = False, True
        self.stage.workspace.changes.notify()
        event_ts = self.stage.workspace.next_ts()
        stopped: Json = {"type": "agent_session_stopped", "user": user, "channel": channel.id, "event_ts": event_ts}
        self._push(channel, {**stopped, "thread_ts": message.thread_ts, "streaming_message_ts": [ts]})

    async def _ask(self, kind: str, payload: Json, url: str) -> CommandOutcome:
        outcome = await self.stage.deliveries.wire.send(kind, payload, None)
        if not outcome.acked:
            return CommandOutcome(acked=False, after=outcome.after, response_url=url, error="operation_timeout")
        if outcome.response:
            self._answer(url, outcome.response)
        return CommandOutcome(acked=True, after=outcome.after, response_url=url, response=outcome.response)

    def _answer(self, url: str, response: Json) -> None:
        try:
            self.responses.answer(url, response)
        except ApiError:
            return  # an acknowledgement whose words Slack cannot show is still one

    def _events(self, channel: Channel, message: Message) -> list[Json]:
        plain = self.stage.payloads.message(channel, message)
        mentioned = f"<@{self.stage.workspace.identity.bot_user_id}>" in message.text
        if not mentioned or channel.kind == "im":
            return [plain]
        return [self.stage.payloads.mention(channel, message), plain]

    def _push(self, channel: Channel, event: Json) -> None:
        """The bot hears only of the channels that it is in."""
        if self.stage.workspace.identity.bot_user_id in channel.members:
            self.stage.tell(event)

    def _place(self, user: str, channel_id: str) -> Channel:
        channel = self.stage.workspace.channels[channel_id]
        if user not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def _pressed(self, user: str, channel: Channel, message: Message, action: Json, url: str) -> Json:
        me = self.stage.workspace.identity
        place: Json = {"message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": False}
        if message.thread_ts is not None:
            place["thread_ts"] = message.thread_ts
        return {
            "type": "block_actions",
            "token": "verification-token",
            "team": {"id": me.team_id, "domain": "fake"},
            "user": {"id": user, "username": self.stage.workspace.users[user].name, "team_id": me.team_id},
            "api_app_id": me.app_id,
            "container": {"type": "message", **place},
            "is_enterprise_install": False,
            "enterprise": None,
            "state": {"values": {}},
            "channel": {"id": channel.id, "name": channel.id.lower()},
            "message": self.stage.payloads.stored(channel, message),
            "response_url": url,
            "trigger_id": f"{uuid4().int % 10**12}.{uuid4().hex}",
            "actions": [{**action, "action_ts": self.stage.workspace.next_ts()}],
        }

    def _command(self, user: str, channel: Channel, command: str, text: str, url: str) -> Json:
        me = self.stage.workspace.identity
        return {
            "token": "verification-token",
            "team_id": me.team_id,
            "team_domain": "fake",
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.kind == "im" else channel.id.lower(),
            "user_id": user,
            "user_name": self.stage.workspace.users[user].name,
            "command": command,
            "text": text,
            "api_app_id": me.app_id,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": f"{uuid4().int % 10**12}.{uuid4().hex}",
        }
