"""The people of a storm: each way to ask, on both platforms."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field

from tests.fakes.discord import Channel, File, Interaction, MessageKind, NotAnswered
from tests.fakes.slack.values import SharedFile
from tests.storm import files, marks
from tests.storm.plan import DRAWN, SHOWN, SPOKEN, Ask, Way
from tests.storm.values import Question
from tests.storm.world import ROOMS, World

SURE_S = 1.3
"""An interaction that is answered sooner was committed first; later ones are only told to wait."""
_KEPT = 3
"""Threads of a room that are still talked in."""


@dataclass(slots=True)
class People:
    """Everybody who asks; commands are waited for in the background, in `tasks`."""

    world: World
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _slack_threads: dict[str, list[str]] = field(default_factory=dict)
    _discord_threads: dict[int, list[Channel]] = field(default_factory=dict)

    async def ask(self, ask: Ask) -> None:
        """Ask in that way; what cannot be done yet (a thread without the bot) is done by a mention."""
        match ask.way:
            case Way.SLACK_MENTION:
                await self._slack_mention(ask)
            case Way.SLACK_THREAD:
                await self._slack_thread(ask)
            case Way.SLACK_DIRECT:
                await self._slack_direct(ask)
            case Way.SLACK_ASK:
                self._later(self._slack_command(ask))
            case Way.SLACK_VOICE:
                await self._slack_aloud(ask)
            case Way.SLACK_PICTURE | Way.SLACK_DRAW:
                await (self._slack_mention if ask.where % 2 else self._slack_direct)(ask)
            case Way.DISCORD_VOICE:
                await self._discord_direct(ask)
            case Way.DISCORD_PICTURE | Way.DISCORD_DRAW:
                await (self._discord_room if ask.where % 2 else self._discord_direct)(ask)
            case Way.DISCORD_MENTION | Way.DISCORD_REPLY:
                await self._discord_room(ask)
            case Way.DISCORD_DIRECT:
                await self._discord_direct(ask)
            case Way.DISCORD_THREAD:
                await self._discord_thread(ask)
            case Way.DISCORD_ASK:
                await self._discord_command(ask)

    async def _slack_mention(self, ask: Ask) -> None:
        channel = f"C{ask.where % ROOMS}"
        ts = await self._slack_say(ask, channel, None, mention=True)
        self._slack_threads.setdefault(channel, []).append(ts)

    async def _slack_thread(self, ask: Ask) -> None:
        channel = f"C{ask.where % ROOMS}"
        threads = self._slack_threads.get(channel, [])[-_KEPT:]
        if not threads:
            await self._slack_mention(ask)
            return
        ts = threads[ask.where % len(threads)]
        await self._slack_say(ask, channel, ts, mention=not self._joined(channel, ts))

    async def _slack_aloud(self, ask: Ask) -> None:
        """In a thread where the bot is already, since nobody mentions it aloud, or else directly."""
        channel = f"C{ask.where % ROOMS}"
        threads = [ts for ts in self._slack_threads.get(channel, [])[-_KEPT:] if self._joined(channel, ts)]
        if threads and ask.where % 2:
            await self._slack_say(ask, channel, threads[-1], mention=False)
        else:
            await self._slack_direct(ask)

    def _joined(self, channel: str, thread: str) -> bool:
        messages = self.world.slack.workspace.channels[channel].messages.values()
        return any(each.thread_ts == thread and marks.answered(each.text) for each in messages)

    async def _slack_direct(self, ask: Ask) -> None:
        await self._slack_say(ask, f"D{ask.who}", None, mention=False)

    async def _slack_say(self, ask: Ask, channel: str, thread: str | None, *, mention: bool) -> str:
        slack = self.world.slack
        text = _words(ask, f"<@{slack.bot_user_id}>" if mention else "")
        question = Question(ask.number, ask.way, "slack", channel, thread, "", time.monotonic())
        self.world.diary.questions[ask.number] = question
        shared = _slack_files(ask)
        ts = await slack.say(f"U{ask.who}", channel, text, thread, shared, mention_first=ask.number % 2 == 0)
        question.message_id = ts
        question.thread = thread or (ts if mention else None)
        question.conversation = f"slack:{channel}:{question.thread}"
        return ts

    async def _slack_command(self, ask: Ask) -> None:
        channel = f"C{ask.where % ROOMS}"
        conversation = f"slack:{channel}:ask-{ask.number}"
        question = Question(ask.number, ask.way, "slack", channel, None, conversation, time.monotonic())
        question.by_command = True
        self.world.diary.questions[ask.number] = question
        outcome = await self.world.slack.command(f"U{ask.who}", channel, "/ask", marks.question(ask.number))
        if outcome.acked and outcome.response is None:
            question.taken_at = time.monotonic()

    async def _discord_room(self, ask: Ask) -> None:
        room = self.world.rooms[ask.where % ROOMS]
        ours = [each.id for each in room.messages.values() if self._is_answer(each.author.id, each.kind)]
        reply_to = ours[-1] if ours and ask.way is Way.DISCORD_REPLY else None
        await self._discord_say(ask, room, mention=reply_to is None, reply_to=reply_to)

    def _is_answer(self, author: int, kind: MessageKind) -> bool:
        return author == self.world.discord.bot_user_id and kind is MessageKind.REPLY

    async def _discord_direct(self, ask: Ask) -> None:
        await self._discord_say(ask, self.world.discord.dm(self.world.users[ask.who]), mention=False)

    async def _discord_thread(self, ask: Ask) -> None:
        room = self.world.rooms[ask.where % ROOMS]
        threads = self._discord_threads.setdefault(room.id, [])
        if len(threads) < _KEPT:
            threads.append(await self.world.discord.thread(self.world.users[ask.who], room, f"thread {ask.number}"))
        thread = threads[ask.where % len(threads)]
        # A notice that a question could not be saved does not say that the bot is there from now on; an answer does.
        joined = any(marks.answered(each.content) for each in thread.messages.values())
        await self._discord_say(ask, thread, mention=not joined)

    async def _discord_say(self, ask: Ask, room: Channel, *, mention: bool, reply_to: int | None = None) -> None:
        discord = self.world.discord
        text = _words(ask, f"<@{discord.bot_user_id}>" if mention else "")
        # A reply to an older answer is a branch, and has no order with what else is said there.
        conversation = f"discord:{room.id}" if reply_to is None else f"discord:{room.id}:reply-{ask.number}"
        question = Question(ask.number, ask.way, "discord", str(room.id), None, conversation, time.monotonic())
        question.heard_live = discord.connected > 0
        self.world.diary.questions[ask.number] = question
        said = await discord.say(
            self.world.users[ask.who], room, text, reply_to=reply_to, attachments=_discord_files(ask)
        )
        question.message_id = str(said)

    async def _discord_command(self, ask: Ask) -> None:
        room, user = self.world.rooms[ask.where % ROOMS], self.world.users[ask.who]
        try:
            made = await self.world.discord.command(user, room, "ask", {"question": marks.question(ask.number)})
        except LookupError:  # the bot has never been here: its commands are not known yet
            await self._discord_room(ask)
            return
        conversation = f"discord:{room.id}"
        question = Question(ask.number, ask.way, "discord", str(room.id), None, conversation, time.monotonic())
        question.by_command = True
        self.world.diary.questions[ask.number] = question
        self._later(self._acknowledged(made, question))

    async def _acknowledged(self, made: Interaction, question: Question) -> None:
        try:
            await made.acknowledgement()
        except NotAnswered:
            return
        if made.deferred and made.answered_after_s is not None and made.answered_after_s < SURE_S:
            question.taken_at = time.monotonic()

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _words(ask: Ask, mention: str) -> str:
    """What is written: nothing where the question is said aloud."""
    if ask.way in SPOKEN:
        return mention
    more = " Please draw it." if ask.way in DRAWN else ""
    return f"{mention} {marks.question(ask.number)}{more}".strip()


def _slack_files(ask: Ask) -> tuple[SharedFile, ...]:
    if ask.way in SPOKEN:
        sound = files.voice_note(ask.number, "m4a")
        return (SharedFile(files.name(ask.number, "m4a"), "audio/mp4", sound, "slack_audio"),)
    if ask.way in SHOWN:
        return (SharedFile(files.name(ask.number, "png"), "image/png", files.picture(ask.number)),)
    return ()


def _discord_files(ask: Ask) -> tuple[File, ...]:
    if ask.way in SPOKEN:
        sound = files.voice_note(ask.number, "ogg")
        return (File(files.name(ask.number, "ogg"), sound, "audio/ogg", files.SPOKEN_S),)
    if ask.way in SHOWN:
        return (File(files.name(ask.number, "png"), files.picture(ask.number), "image/png"),)
    return ()
