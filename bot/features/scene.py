"""What answering has in common, whatever is made: the reply that shows it, what is stored, what is shown again."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from bot.contract import Channel
from bot.errors import GatewayError, Refused, StoppedByReader
from bot.features import buttons
from bot.features.kit import Kit
from bot.features.reasons import advised, unusable
from bot.model import Answer, Claim, TurnState
from bot.reply import Reply
from bot.text import closed
from bot.turn import Turn

log = logging.getLogger("parley.chat")


@dataclass(frozen=True, slots=True)
class Scene:
    """One attempt at an answer: what is asked, and the place where it is answered."""

    kit: Kit
    turn: Turn
    channel: Channel
    reply: Reply

    @property
    def claim(self) -> Claim:
        """What is asked."""
        return self.turn.claim

    def say(self, message_id: str, **params: object) -> str:
        """The house's words in the asker's language."""
        return self.kit.words.text(message_id, self.claim.origin.locale, **params)


Make = Callable[[Scene], Awaitable[Answer]]
"""Makes the answer of a turn. Raises `BotError` when nothing of it could be shown."""


async def answer(kit: Kit, turn: Turn, channel: Channel, make: Make) -> None:
    """Answer a claimed turn in its channel; what is stored already is only shown."""
    claim, started = turn.claim, time.monotonic()
    status, stop = kit.words.text("status-thinking", claim.origin.locale), buttons.growing(kit.words, claim)
    if claim.revision and not channel.capabilities.rewrites:
        turn.leave()
    async with Reply(channel, turn, status=status, buttons=stop) as reply:
        made = None
        if claim.answer is None:
            made = await _make(Scene(kit, turn, channel, reply), make)
        shown, cut = (claim.answer or "", claim.cut) if made is None else (made.shown or made.text, made.cut)
        await reply.finish(shown, buttons.under(kit.words, claim, cut=cut))
        await turn.close(TurnState.DONE)
    if made is not None:
        log.info(
            "turn_finished turn=%s conversation=%s model=%s seconds=%.2f whole=%s",
            *(claim.turn, claim.conversation, made.model, time.monotonic() - started, not made.cut),
        )


async def _make(scene: Scene, make: Make) -> Answer:
    if scene.claim.stopped:
        raise StoppedByReader("stopped before it was begun again")
    try:
        made = await make(scene)
    except (GatewayError, Refused) as error:
        told = advised(scene.kit, scene.claim, error.notice)
        if told.id == error.notice.id and not (scene.turn.notes and isinstance(error, Refused)):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise unusable(scene.kit, scene.claim, (told, *scene.turn.notes), reason) from error
    if scene.turn.notes:
        made = replace(made, shown=closed(made.shown or made.text) + "".join(_under(scene)))
    await scene.turn.answered(made)
    return made


def _under(scene: Scene) -> Iterator[str]:
    for note in scene.turn.notes:
        yield f"\n\n_{scene.kit.words.say(note, scene.claim.origin.locale)}_"
