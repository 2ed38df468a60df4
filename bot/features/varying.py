"""Variations of one picture: a press under it becomes a question of whoever pressed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.contract import Addressed, ButtonPressed, Keys, MessageReceived
from bot.errors import BadOption, FileError, Notice
from bot.features.buttons import Meant
from bot.features.drawing import Wish, caption, plain, request_name
from bot.features.files import workshop
from bot.features.kit import Kit
from bot.features.picturing import chosen, pictured
from bot.features.scene import Scene
from bot.files import Blob
from bot.made import Drawn, Task
from bot.model import Answer, TurnId
from bot.reply.journal import FIRST_FILE

VARY = "vary"
"""The task of such a question. No command has this name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that nobody has written, and what it wants done."""

    question: MessageReceived
    task: Task


async def asked(kit: Kit, event: ButtonPressed, meant: Meant) -> Asked | Notice:
    """What a press under a picture asks for, or why nothing."""
    number = await _number(kit, event, meant)
    if number is None:
        return Notice("button-unknown")
    stood = await kit.store.stood(meant.turn)
    drawn = await _drawn(kit, meant.turn, meant.revision, number)
    if drawn is None or (stood is not None and (stood.undone or stood.revision != meant.revision)):
        return Notice("button-old")
    told = kit.words.text("variations-of", event.origin.locale, prompt=plain(drawn.prompt))
    stem = f"{VARY}:{meant.turn}:{meant.revision}:{number}:{event.origin.asker.id}"
    keys = Keys(event.keys.event, await kit.store.works.next_place(stem))
    names = {"turn": str(meant.turn), "revision": str(meant.revision), "number": str(number)}
    question = MessageReceived(keys, event.origin, told, Addressed.BOT, datetime.now(UTC))
    return Asked(question, Task(VARY, names))


async def vary(scene: Scene) -> Answer:
    """The picture anew: made from it by a model that alters pictures, else from the same words."""
    options = chosen(scene.claim)
    turn, revision, number = (int(options[name]) for name in ("turn", "revision", "number"))
    drawn = await _drawn(scene.kit, TurnId(turn), revision, number)
    spec = None if drawn is None else scene.kit.catalogue.get(drawn.model)
    if drawn is None or spec is None:
        raise BadOption("picture-gone")
    source = await workshop(scene).blobs.find(drawn.blob)
    alters = source is not None and "image-edit" in spec.capabilities
    if not alters and "image" not in spec.capabilities:
        raise BadOption("picture-gone")
    size = None if alters or source is None else await _size(scene, source)
    heading = scene.say("variation", caption=caption(drawn.prompt, spec.id))
    return await pictured(scene, Wish(drawn.prompt, spec, size, source=source if alters else None), heading)


async def _number(kit: Kit, event: ButtonPressed, meant: Meant) -> int | None:
    """Which picture of its answer the pressed post shows."""
    for placed in await kit.store.posts(meant.turn):
        if placed.post_id == event.post and placed.page >= FIRST_FILE:
            return placed.page - FIRST_FILE
    return None


async def _drawn(kit: Kit, turn: TurnId, revision: int, number: int) -> Drawn | None:
    """What is kept of a picture, the bytes apart."""
    name = request_name(revision, number)
    made = await kit.store.works.made(turn)
    found = [each for request, each in made.items() if request.startswith(name) and isinstance(each, Drawn)]
    return next((each for each in reversed(found) if each.blob), None)


async def _size(scene: Scene, source: Blob) -> str | None:
    """The size of a picture, as a wish for one of that shape."""
    shop = workshop(scene)
    try:
        with TemporaryDirectory(dir=shop.folder) as folder:
            found = await shop.studio.picture(source.path, Path(folder))
    except FileError:
        return None
    return f"{found.width}x{found.height}"
