"""Pictures by command: drawn from words, or an earlier one altered."""

import asyncio
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.contract import Attachment
from bot.errors import (
    BadOption,
    BotError,
    FileError,
    GatewayError,
    GatewayRejected,
    ModelUnavailable,
    Notice,
    StoppedByReader,
)
from bot.features.drawing import PLACEHOLDER, Shown, Wish, caption, draw, plain
from bot.features.files import fetched
from bot.features.kit import Kit
from bot.features.reasons import advised
from bot.features.scene import Scene
from bot.gateway.catalogue import Catalogue
from bot.gateway.images_sizes import read_size
from bot.gateway.values import ModelSpec
from bot.model import Answer, Claim

MOST_PICTURES = 4
SIZES = ("square", "landscape", "portrait", "wide", "tall", "1:1", "3:2", "2:3", "16:9", "9:16", "2K", "4K")
"""Sizes to choose from; any other that can be read is taken too."""

_YES = frozenset({"yes", "y", "true", "on", "1", "是"})
_NO = frozenset({"", "no", "n", "false", "off", "0", "否"})
_HOPELESS = (GatewayRejected, ModelUnavailable, StoppedByReader)
"""What the next picture would meet as well."""


@dataclass(frozen=True, slots=True)
class _Series:
    """What several calls have brought, and what was wrong with the others."""

    shown: tuple[Shown, ...]
    faults: tuple[BotError, ...]


async def imagine(scene: Scene) -> Answer:
    """The answer of `/imagine`: as many pictures as were asked for."""
    options = chosen(scene.claim)
    prompt = _prompt(options)
    spec = craft(scene.kit, "image", options.get("model"), scene.kit.defaults.picture_model)
    wish = Wish(prompt, spec, _size(options), _transparent(options))
    return await pictured(scene, wish, caption(prompt, spec.id), _count(options))


async def edit(scene: Scene) -> Answer:
    """The answer of `/edit`: the picture that is meant, altered."""
    options = chosen(scene.claim)
    prompt = _prompt(options)
    spec = craft(scene.kit, "image-edit", options.get("model"), scene.kit.defaults.edit_model)
    found = meant(scene.claim)
    if found is None:
        raise BadOption("no-picture-here")
    try:
        source = await scene.turn.until_cut(asyncio.ensure_future(fetched(scene, found)))
        return await pictured(scene, Wish(prompt, spec, source=source), caption(prompt, spec.id))
    except FileError as error:
        error.name = error.name or found.name
        raise


async def pictured(scene: Scene, wish: Wish, heading: str, count: int = 1) -> Answer:
    """The answer that consists of so many pictures of a wish. Raises what kept the first one from being made."""
    series = await _series(scene, wish, count)
    pictures = [each for each in series.shown if each.drawn.blob]
    words = dict.fromkeys(_words(scene, each) for each in series.shown)
    text = "\n\n".join(filter(None, ([heading] if pictures else []) + [*words]))
    notes = dict.fromkeys(_note(scene, notice) for notice in _notices(scene, series))
    attachments = tuple(each.attachment for each in series.shown if each.attachment is not None)
    return Answer(text, wish.model.id, shown="\n\n".join([text, *notes]), attachments=attachments)


def craft(kit: Kit, capability: str, wanted: str | None, default: str | None) -> ModelSpec:
    """The model for a craft that can be had now. Raises `BadOption`."""
    spec = kit.craft(capability, (wanted or "").strip() or None, default)
    if not kit.catalogue.available(spec.id):
        raise BadOption("model-unavailable", model=spec.id)
    return spec


def chosen(claim: Claim) -> Mapping[str, str]:
    """The options of the command that a turn carries out."""
    return {} if claim.task is None else claim.task.options


def suggests(catalogue: Catalogue) -> Mapping[tuple[str, str], Callable[[str], Sequence[str]]]:
    """What completes the options of the commands, by command and option."""

    def models(capability: str) -> Callable[[str], Sequence[str]]:
        return lambda prefix: [
            spec.id
            for spec in catalogue.having(capability)
            if catalogue.available(spec.id) and prefix.strip().lower() in spec.id.lower()
        ]

    return {
        ("imagine", "model"): models("image"),
        ("imagine", "size"): lambda prefix: [size for size in SIZES if size.lower().startswith(prefix.strip().lower())],
        ("edit", "model"): models("image-edit"),
    }


def meant(claim: Claim) -> Attachment | None:
    """The picture that is to be altered: one that came with the question, else the newest of the conversation.

    A file that came with the question and does not look like a picture is meant all the same.
    """
    given = [file for question in reversed(claim.questions) for file in question.attachments]
    said = [file for message in reversed(claim.window.messages) for file in reversed(message.attachments)]
    pictures = filter(_is_picture, [*given, *([] if given else said)])
    return next(pictures, given[0] if given else None)


def _is_picture(file: Attachment) -> bool:
    guess = mimetypes.guess_type(file.name)[0] or ""
    return file.media_type.startswith("image/") or guess.startswith("image/")


async def _series(scene: Scene, wish: Wish, count: int) -> _Series:
    """One after the other: what is there can be seen while the next one is drawn, and Stop keeps it."""
    shown: list[Shown] = []
    faults: list[BotError] = []
    for _ in range(count):
        each = await _one(scene, wish, len(shown))
        if isinstance(each, Shown):
            shown.append(each)
        else:
            faults.append(each)
        if _ends(each):
            break
    if not shown:
        raise faults[0]
    return _Series(tuple(shown), tuple(faults))


async def _one(scene: Scene, wish: Wish, number: int) -> Shown | BotError:
    try:
        return await draw(scene, wish, number)
    except (GatewayError, FileError, StoppedByReader) as fault:
        return fault


def _ends(each: Shown | BotError) -> bool:
    """Whether more of the same is in vain: a model that answers with words wants to hear some first."""
    return not each.drawn.blob if isinstance(each, Shown) else isinstance(each, _HOPELESS)


def _notices(scene: Scene, series: _Series) -> Sequence[Notice]:
    """What is to be told of what people don't see."""
    found = [each.trouble for each in series.shown if each.trouble is not None]
    for fault in series.faults:
        why = scene.kit.words.say(advised(scene.kit, scene.claim, fault.notice), scene.claim.origin.locale)
        stopped = isinstance(fault, StoppedByReader)
        found.append(fault.notice if stopped else Notice("picture-missing", {"why": why}))
    return found


def _note(scene: Scene, notice: Notice) -> str:
    return f"_{scene.kit.words.say(notice, scene.claim.origin.locale)}_"


def _words(scene: Scene, shown: Shown) -> str:
    """What the model says to its picture; of a card, in the asker's language, that it is none."""
    said = shown.drawn.words
    return scene.say("picture-placeholder") if said.startswith(PLACEHOLDER) else said


def _prompt(options: Mapping[str, str]) -> str:
    prompt = options.get("prompt", "").strip()
    if not prompt:
        raise BadOption("no-prompt")
    return prompt


def _size(options: Mapping[str, str]) -> str | None:
    size = options.get("size", "").strip()
    if size and read_size(size) is None:
        raise BadOption("size-unknown", size=plain(size))
    return size or None


def _count(options: Mapping[str, str]) -> int:
    count = options.get("count", "").strip() or "1"
    if not count.isdecimal() or not 1 <= int(count) <= MOST_PICTURES:
        raise BadOption("count-wrong", most=MOST_PICTURES)
    return int(count)


def _transparent(options: Mapping[str, str]) -> bool:
    word = options.get("transparent", "").strip().lower()
    if word not in _YES | _NO:
        raise BadOption("transparent-wrong")
    return word in _YES
