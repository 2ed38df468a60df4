"""Store: all that is remembered, behind one face; it takes and returns the house's values."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.contract import Address, Addressed, Keys, MessageReceived, Origin, PostId
from bot.errors import SettingsError
from bot.gateway.values import Lesson
from bot.made import Task
from bot.model import (
    Accepted,
    Answer,
    Bounds,
    Choice,
    Claim,
    ConversationId,
    Ended,
    Followed,
    Placed,
    Press,
    Steered,
    Stood,
    TurnId,
    TurnState,
    Verdict,
    Window,
)
from bot.store import accepting, choices, claiming, following, history, inbox, places, schema, steering, turns
from bot.store.database import Database, Enqueue, connect, is_shared
from bot.store.missed import Missed
from bot.store.pending import Pending, settled
from bot.store.works import Works

_MOST_ADOPTED = 1000


class Store:
    """Every method is one transaction, committed when it returns; none blocks the event loop.

    The methods that take an `attempt` raise `Fenced` once a later `claim` has taken the turn over, or the turn
    is closed. `works` are those that its paid calls have made besides its answer, `missed` knows where something may
    have been said while nobody listened.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.works = Works(database)
        self.missed = Missed(database)

    @classmethod
    async def open(cls, url: str, *, upgrade: bool | None = None, enqueue: Enqueue | None = None) -> Self:
        """Connect to `sqlite:///PATH` or `postgresql://…` and see to its schema. Raises `SettingsError`.

        `upgrade` allows an older schema to be brought up; by default where this process is the only one to
        use the database, which is on SQLite. `enqueue` joins every transaction that opens a turn, on PostgreSQL.
        """
        database = await connect(url, enqueue)
        try:
            await database.tx(schema.ensure, upgrade=not is_shared(url) if upgrade is None else upgrade)
        except DBAPIError as error:
            await database.close()
            raise SettingsError(
                "DATABASE_URL", f"its tables cannot be made ({error.orig})", "name an own one"
            ) from error
        except BaseException:
            await database.close()
            raise
        return cls(database)

    async def close(self) -> None:
        """Let go of the database; what is being written is written first."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ready(self) -> None:
        """Return when the database answers, else raise what it raised."""
        await self._database.read(_ping)

    async def accept(self, message: MessageReceived, bounds: Bounds, *, command: str | None = None) -> Accepted:
        """Decide what becomes of a message and keep it; see `Verdict`.

        A question joins the turn that waits in its conversation; one that came by a `command` has its own.
        What is addressed to nobody counts as asked in a thread that the bot has joined, and nowhere else.
        """
        taken = await self.take(message, bounds, command=command, begin=None)
        await taken.committed
        return taken.value[0]

    async def take(
        self,
        message: MessageReceived,
        bounds: Bounds,
        *,
        begin: int | None,
        command: str | None = None,
        task: Task | None = None,
    ) -> Pending[tuple[Accepted, Claim | None]]:
        """The same as `accept`, told before the commit is through; see `Pending`.

        `begin` is the size of a window: where no other turn is open in the conversation, the new one is claimed
        with it at once.
        """
        if message.addressed is not Addressed.BOT:
            if message.origin.address.thread is None or await self.find(message.origin.address) is None:
                return settled((Accepted(Verdict.IGNORED), None))
            if message.addressed is Addressed.OTHER:
                return settled((await self._database.tx(accepting.hear, message), None))
        return await self._database.tx_early(_queued, accepting.take, message, bounds, command, task, begin)

    async def first_seen(self, keys: Keys) -> bool:
        """Note a delivery that makes no turn; False when it was noted before."""
        return await self._database.tx(inbox.first_seen, keys)

    async def claim(self, conversation: ConversationId, limit: int, *, again: bool = True) -> Claim | None:
        """Begin the conversation's oldest open turn; None when there is none.

        With `again` also one that was begun before, which is right after a crash; without it, one that is being
        worked on keeps the others waiting. The window holds the newest `limit` messages before the turn's questions.
        `questions` is empty when all of them were deleted after the turn had begun.
        """
        return await self._database.tx_relaxed(claiming.claim, conversation, limit, again=again)

    async def moved(self, turn: TurnId, attempt: int, origin: Origin) -> ConversationId:
        """Let a running turn go on at another place, its questions with it; the conversation there."""
        return await self._database.tx_waking(lambda there: there, turns.moved, turn, attempt, origin)

    async def check(self, turn: TurnId, attempt: int) -> None:
        """Raise `Fenced` unless the turn is still this attempt's."""
        await self._database.read(turns.check, turn, attempt)

    async def placed(self, turn: TurnId, attempt: int, page: int, key: str, post_id: PostId) -> None:
        """Remember the post that shows one page of the answer."""
        await self._database.tx_relaxed(turns.placed, turn, attempt, page, key, post_id)

    async def answered(self, turn: TurnId, attempt: int, answer: Answer) -> None:
        """Keep the answer of a running turn, in its history and as a paid step."""
        await self._database.tx(turns.answered, turn, attempt, answer)

    async def closed(self, turn: TurnId, attempt: int, state: TurnState) -> Ended:
        """End the turn as DONE or FAILED."""
        return await self._database.tx_relaxed(turns.closed, turn, attempt, state)

    async def open_conversations(self, platforms: Collection[str] | None = None) -> tuple[ConversationId, ...]:
        """Where turns wait to be finished, the longest waiting first; of these platforms only, if any are named."""
        return await self._database.read(turns.open_conversations, platforms)

    async def adopt(
        self, conversation: ConversationId, earlier: Sequence[MessageReceived], limit: int = _MOST_ADOPTED
    ) -> Window | None:
        """Put what was said in a thread before the bot came before all that it knows of it, in that order.

        Known messages are skipped; this bot's own become the assistant's. The window is what the open turn
        may look back on, as in `claim`. None when the conversation has been given its past already.
        """
        return await self._database.tx(history.adopt, conversation, earlier, limit)

    async def find(self, address: Address) -> ConversationId | None:
        """The conversation at exactly this place, None where the bot has not joined."""
        return await self._database.read(places.find, address)

    async def window(self, conversation: ConversationId, limit: int) -> Window:
        """The newest `limit` messages; questions that wait for their turn are not among them."""
        return await self._database.read(history.window, conversation, limit)

    async def fresh(self, address: Address) -> None:
        """Let the history of this place begin after now; nothing is deleted."""
        await self._database.tx(history.fresh, address)

    async def choice(self, address: Address) -> Choice:
        """What holds at this place: a thread's own choice over its channel's, field by field."""
        return await self._database.read(choices.merged, address)

    async def choices(self, most: int) -> Mapping[Address, Choice] | None:
        """All that is chosen, by place; None where that is more than `most`."""
        return await self._database.read(choices.every, most)

    async def flat(self, most: int) -> frozenset[Address] | None:
        """The flat channels that have a conversation; None where there are more than `most`."""
        return await self._database.read(places.flat, most)

    async def own_choice(self, address: Address) -> Choice:
        """What was chosen at exactly this place."""
        return await self._database.read(choices.own, address)

    async def choose(self, address: Address, choice: Choice) -> None:
        """Replace what was chosen at exactly this place."""
        await self._database.tx(choices.choose, address, choice)

    async def edited(
        self, address: Address, message_id: str, text: str, at: datetime | None = None, *, task: Task | None = None
    ) -> Followed:
        """Give a remembered message its new text, with the platform's own time of the edit.

        Where it asks the newest question its turn is opened again, for that `task` if it had one; later answers to
        an older one become stale.
        """
        edit = following.Edit(text, task, at)
        return await self._database.tx_waking(_to_wake, following.edited, address, message_id, edit)

    async def deleted(self, address: Address, message_id: str) -> Followed:
        """Empty a remembered message and show it no more; a turn with no other question is over, its answer gone
        from the history.
        """
        return await self._database.tx_waking(_to_wake, following.deleted, address, message_id)

    async def again(self, press: Press, *, continues: bool = False) -> Steered:
        """Open a closed turn again: to be answered anew, or to go on where its answer ends."""
        return await self._database.tx_waking(_to_wake, steering.again, press, continues=continues)

    async def stop(self, press: Press) -> Steered:
        """Note that a running turn is to end with what it has; whoever runs it asks `stopped`."""
        return await self._database.tx(steering.stop, press)

    async def stopped(self, turn: TurnId, attempt: int) -> bool:
        """Whether somebody wants the answer to stop."""
        return await self._database.read(turns.stopped, turn, attempt)

    async def undo(self, press: Press) -> Steered:
        """Take a closed turn's exchange out of the history."""
        return await self._database.tx(steering.undo, press)

    async def rate(self, press: Press, value: int) -> Steered:
        """Keep an opinion of a turn's answer: 1 or -1. Anybody may have one."""
        return await self._database.tx(steering.rate, press, value)

    async def stood(self, turn: TurnId) -> Stood | None:
        """What a closed turn shows; None for one that is open or unknown."""
        return await self._database.read(steering.stood, turn)

    async def orphan(self, press: Press) -> Steered:
        """What stands on the screen of an exchange that was taken back, if the press may have it removed."""
        return await self._database.tx(steering.orphan, press)

    async def newest(self, origin: Origin) -> TurnId | None:
        """The turn of the newest exchange where this is said; at the top of a channel the asker's newest in it."""
        return await self._database.read(steering.newest, origin)

    async def running(self, origin: Origin) -> TurnId | None:
        """The turn that is being answered where this is said; at the top of a channel the asker's newest in it."""
        return await self._database.read(steering.running, origin)

    async def turn_of(self, address: Address, post: PostId) -> TurnId | None:
        """The turn that a post of ours belongs to."""
        return await self._database.read(turns.by_post, address, post)

    async def known_posts(self, turn: TurnId) -> frozenset[PostId]:
        """The posts of all answers in a turn's conversation and of what was answered near it in its channel."""
        return await self._database.read(turns.known_posts, turn)

    async def posted(self, stood: Stood, page: int, key: str, post_id: PostId) -> None:
        """Remember a post by which an answer is shown again. Raises `Fenced` when the answer is another one now."""
        await self._database.tx_relaxed(steering.posted, stood, page, key, post_id)

    async def posts(self, turn: TurnId) -> tuple[Placed, ...]:
        """The posts that show a turn, by page."""
        return await self._database.read(claiming.posts, turn)

    async def gone(self, turn: TurnId, post_id: PostId) -> None:
        """Forget a post of a turn that stands nowhere any more."""
        await self._database.tx_relaxed(turns.gone, turn, post_id)

    async def lessons(self) -> tuple[Lesson, ...]:
        """All that refusals taught."""
        return await self._database.read(choices.lessons)

    async def learn(self, lesson: Lesson) -> None:
        """Remember a lesson, in the place of an older one about the same field."""
        await self._database.tx(choices.learn, lesson)


def _queued(taken: tuple[Accepted, Claim | None]) -> ConversationId | None:
    """A turn that was begun at once is in good hands."""
    accepted, claim = taken
    return accepted.conversation if claim is None and accepted.verdict is Verdict.QUEUED else None


def _to_wake(changed: Steered | Followed) -> ConversationId | None:
    return changed.wake


def _ping(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
