"""Pictures that people show, and our own drawn ones: fetched, made small, and handed to a model that can see."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.contract import Attachment
from bot.errors import ChannelError, FileError, FileUnsupported, Notice
from bot.features.brought import Given
from bot.features.files import FileBusy, fetched
from bot.features.kit import Kit, Workshop
from bot.features.scene import Scene
from bot.files import Blob
from bot.gateway.values import ChatImage, ModelSpec
from bot.model import Message
from bot.prompt import MOST_PICTURES

_NAMELESS = ("", "application/octet-stream", "binary/octet-stream")
_MOST_NAMELESS = 30_000_000
"""A file of no declared kind is looked into up to this size: it may be a picture."""

_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif")


async def look(scene: Scene, things: Given) -> Given:
    """The same, with the pictures of the questions and of what was said before, the newest first, as many as are shown.

    A picture of the questions for which there was no place is there without an image.
    """
    shop, spec = scene.kit.workshop, scene.kit.model(scene.claim.choice)
    asked = [file for file in pictures_of(things.questions, _may_show) if file in things.unread]
    if shop is None or things.only_transcript:
        return things
    if not _sees(scene.kit, spec):
        called = frozenset(filter(is_picture, asked))
        return _taken(things, called, [cannot_see(scene.kit, spec)] if called else [])
    before = [file for file in pictures_of(things.window.messages) if not shop.sights.lost(file.ref)]
    wanted = {file.ref: file for file in (*asked, *before)}
    if not wanted:
        return things
    first = list(islice(wanted.values(), MOST_PICTURES))
    found = await scene.turn.until_cut(asyncio.ensure_future(_all(scene, shop, first)))
    return _seen(things, asked, found)


def cannot_see(kit: Kit, spec: ModelSpec) -> Notice:
    """That this model sees nothing, and which one does."""
    able = (each for each in kit.catalogue.chat() if _sees(kit, each) and each.id != spec.id)
    other = next((each.id for each in able if kit.catalogue.available(each.id)), "")
    return Notice("cannot-see-offer", {"model": spec.id, "other": other}) if other else _sees_not(spec)


def _sees(kit: Kit, spec: ModelSpec) -> bool:
    """As far as is known: what the catalogue says, unless the model has refused pictures lately."""
    return spec.image_input and not (kit.workshop is not None and kit.workshop.sights.blind(spec.id))


def _sees_not(spec: ModelSpec) -> Notice:
    return Notice("model-cannot-see", {"model": spec.id})


def pictures_of(
    messages: Sequence[Message], chosen: Callable[[Attachment], bool] | None = None
) -> Iterator[Attachment]:
    """The pictures that came with messages, those of the newest first."""
    for message in reversed(messages):
        yield from filter(chosen or is_picture, message.attachments)


def is_picture(file: Attachment) -> bool:
    """It is called one."""
    return file.media_type.lower().startswith("image/") or (
        file.media_type.lower() in _NAMELESS and file.name.lower().endswith(_ENDINGS)
    )


def _may_show(file: Attachment) -> bool:
    nameless = file.media_type.lower() in _NAMELESS and "." not in file.name and file.size <= _MOST_NAMELESS
    return is_picture(file) or (nameless and not file.voice)


def _seen(things: Given, asked: Sequence[Attachment], found: Mapping[Attachment, ChatImage | FileError]) -> Given:
    """With what was seen, and a word about each that was not: of the questions, or for want of time alone."""
    called = frozenset(file for file in asked if is_picture(file) or isinstance(found.get(file), ChatImage))
    late = frozenset(file for file, fault in found.items() if isinstance(fault, FileBusy))
    faults = {file: fault for file, fault in found.items() if file in called | late and isinstance(fault, FileError)}
    images = {file.ref: (image,) for file, image in found.items() if isinstance(image, ChatImage)}
    left_out = {file.ref: () for file in called if file.ref not in images and file not in faults}
    told = _taken(things, called, [fault.notice for fault in faults.values()])
    return replace(told, pictures={**left_out, **images})


def _taken(things: Given, files: frozenset[Attachment], notes: Sequence[Notice]) -> Given:
    unread = tuple(file for file in things.unread if file not in files)
    return replace(things, unread=unread, notes=(*things.notes, *notes))


async def _all(
    scene: Scene, shop: Workshop, wanted: Sequence[Attachment]
) -> Mapping[Attachment, ChatImage | FileError]:
    async with asyncio.TaskGroup() as group:
        looks = {file: group.create_task(_look(scene, shop, file)) for file in wanted}
    return {file: look.result() for file, look in looks.items()}


async def _look(scene: Scene, shop: Workshop, file: Attachment) -> ChatImage | FileError:
    try:
        blob = await shop.sights.find(file.ref, shop.blobs) or await _prepared(scene, shop, file)
        data = await asyncio.to_thread(blob.path.read_bytes)
    except FileBusy as error:
        return error
    except (FileError, ChannelError) as error:
        shop.sights.lose(file.ref)
        if isinstance(error, FileError):
            error.name = error.name or file.name
            return error
        return FileError(f"its platform: {error}", file.name)
    except OSError:  # tidied away between the look and the reading
        return FileError("it was tidied away", file.name)
    return ChatImage(blob.media_type, data)


async def _prepared(scene: Scene, shop: Workshop, file: Attachment) -> Blob:
    scene.reply.tell(scene.say("status-looking"))
    raw = await fetched(scene, file)
    if not (is_picture(file) or raw.media_type.startswith("image/")):
        raise FileUnsupported(f"{raw.media_type}: no picture", file.name)
    with TemporaryDirectory(dir=shop.folder) as folder:
        small = await shop.studio.picture(raw.path, Path(folder))
        blob = await shop.blobs.keep(small.path, small.media_type)
    shop.sights.keep(file.ref, blob.id)
    return blob
