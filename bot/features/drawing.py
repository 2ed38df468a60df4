"""One picture: drawn or altered by a model, kept, and shown in a post of its own."""

import asyncio
import hashlib
import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.contract import Attachment
from bot.errors import BadOption, ChannelError, ChannelGone, FileError, FileLost, FileTooLarge, Notice, StoppedByReader
from bot.features import buttons
from bot.features.files import file_name, picture_file, workshop
from bot.features.scene import Scene
from bot.files import Blob
from bot.gateway.images import Picture, PictureRequest, Pictures
from bot.gateway.values import ModelSpec
from bot.made import Drawn, own
from bot.reply.journal import FIRST_FILE

log = logging.getLogger("parley.pictures")

PLACEHOLDER = "[placeholder]"
"""How a card that stands for a picture begins what it says of itself."""

_TAKEN = ("image/png", "image/jpeg", "image/webp")
_LONGEST_SHOWN = 300
_MARKS = re.compile(r"([\\`*_\[\]<>~|#&])")


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture that is wanted: a new one, or with a `source` that one altered.

    `size` as `read_size` takes it. `caption` (CommonMark) stands in the picture's post, blank where the answer says it.
    """

    prompt: str
    model: ModelSpec
    size: str | None = None
    transparent: bool = False
    source: Blob | None = None
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of a wish, to be put into the answer.

    The `blob` of `drawn` is empty where the model has answered with words in place of a picture. `attachment` is for
    `Answer.attachments`. `trouble` says why people don't see the picture, which is kept.
    """

    drawn: Drawn
    attachment: Attachment | None = None
    trouble: Notice | None = None


async def draw(scene: Scene, wish: Wish, number: int) -> Shown:
    """Have a picture made, once for this answer, and show it. `number` counts the pictures of the answer before it.

    Raises `BadOption` where posts have no files, `GatewayError`, `FileError` and `StoppedByReader`; what was made is
    kept in any case.
    """
    if not scene.channel.capabilities.file_limit:
        raise BadOption("no-files-here")
    drawn = await _made(scene, wish, number)
    return await _shown(scene, wish, number, drawn) if drawn.blob else Shown(drawn)


def request_name(revision: int, number: int) -> str:
    """How the names of requests for one picture of one answer of a turn begin."""
    return f"draw-{revision}-{number}-"


def caption(prompt: str, model: str) -> str:
    """What is asked of whom, as CommonMark."""
    return f"*{plain(prompt)}* · {plain(model)}"


def plain(text: str) -> str:
    """A line of somebody's words, none of which is Markdown."""
    line = " ".join(text.split())
    short = line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1].rstrip() + "…"
    return _MARKS.sub(r"\\\1", short)


async def _made(scene: Scene, wish: Wish, number: int) -> Drawn:
    name = request_name(scene.claim.revision, number) + _digest(wish)
    found = (await scene.turn.made()).get(name)
    while isinstance(found, Drawn):
        if not found.blob or await workshop(scene).blobs.find(found.blob) is not None:
            return found
        name += "-anew"  # it was tidied away, and what is kept stays
        found = (await scene.turn.made()).get(name)
    scene.reply.tell(scene.say("status-drawing"))
    drawn = await _bought(scene, wish, f"parley-{scene.claim.name}-{name}")
    await scene.turn.keep(name, drawn)
    return drawn


def _digest(wish: Wish) -> str:
    source = "" if wish.source is None else wish.source.id
    asked = (wish.model.id, wish.prompt, wish.size, wish.transparent, source)
    return hashlib.sha256(repr(asked).encode(errors="replace")).hexdigest()[:16]


async def _bought(scene: Scene, wish: Wish, key: str) -> Drawn:
    shop = workshop(scene)
    images = () if wish.source is None else (await _ready(scene, wish.source),)
    request = PictureRequest(wish.model.id, wish.prompt, key, wish.size, wish.transparent, images)
    got = await scene.turn.until_cut(asyncio.ensure_future(shop.images.draw(request)))
    source = "" if wish.source is None else wish.source.id
    drawn = Drawn("", "", 0, wish.prompt, wish.model.id, source, _words(got))
    if not got.images:
        return drawn
    blob = await shop.blobs.keep(got.images[0].data, got.images[0].media_type)
    return replace(drawn, blob=blob.id, media_type=blob.media_type, size=blob.size)


async def _ready(scene: Scene, source: Blob) -> Picture:
    """A picture as models take it."""
    shop = workshop(scene)
    with TemporaryDirectory(dir=shop.folder) as folder:
        found = await shop.studio.picture(source.path, Path(folder), kinds=_TAKEN)
        return Picture(await asyncio.to_thread(found.path.read_bytes), found.media_type)


def _words(got: Pictures) -> str:
    """The model's own; what it made of the prompt is not said, unless that tells that there is no picture."""
    return got.revised_prompt if got.revised_prompt.startswith(PLACEHOLDER) else got.text.strip()


async def _shown(scene: Scene, wish: Wish, number: int, drawn: Drawn) -> Shown:
    blob = await workshop(scene).blobs.find(drawn.blob)
    if blob is None:
        raise FileLost("it was tidied away", plain(wish.prompt))
    attachment = own(drawn, file_name(scene, number, wish.prompt, blob.media_type))
    if FIRST_FILE + number in scene.turn.files:
        return Shown(drawn, attachment)
    try:
        await _exhibit(scene, wish, number, blob)
    except FileError as error:
        return Shown(drawn, None, _trouble(scene, error))
    except (ChannelGone, StoppedByReader):
        raise
    except ChannelError as error:
        log.warning("picture_not_shown turn=%s reason=%s", scene.claim.turn, error)
        return Shown(drawn, attachment, Notice("picture-not-taken"))
    return Shown(drawn, attachment)


async def _exhibit(scene: Scene, wish: Wish, number: int, blob: Blob) -> None:
    shop, most = workshop(scene), scene.channel.capabilities.file_limit
    with TemporaryDirectory(dir=shop.folder) as folder:
        fitted = await shop.studio.fit(blob.path, Path(folder), most)
        file = picture_file(scene, number, fitted, wish.prompt)
        row = buttons.under_picture(scene.kit.words, scene.claim)
        await scene.reply.show(number, (file,), wish.caption, row)


def _trouble(scene: Scene, error: FileError) -> Notice:
    log.warning("picture_not_shown turn=%s reason=%s", scene.claim.turn, error)
    if isinstance(error, FileTooLarge):
        return Notice("picture-too-large", {"most": error.most})
    return Notice("picture-broken")
