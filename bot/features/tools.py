"""The one table of what a chat model may reach for by itself."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.contract import Attachment, Capabilities
from bot.errors import BadOption, Notice
from bot.features.drawing import Shown, Wish, caption, draw, plain
from bot.features.files import fetched
from bot.features.kit import Kit
from bot.features.looking import pictures_of
from bot.features.picturing import MOST_PICTURES, craft
from bot.features.request import OUR_PICTURE
from bot.features.scene import Scene
from bot.features.speaking import speak
from bot.gateway.images_sizes import read_size
from bot.gateway.values import ModelSpec, Tool
from bot.model import Claim

MOST_CALLS = 24
"""Calls that are done for one answer; a model that goes astray asks for hundreds."""

POSTS_PER_CALL = MOST_PICTURES
"""So many numbers of posts belong to each call, used or not: in a second run each call has the same again."""

_WISH = re.compile(
    r"\b(draw|paint|sketch|illustrat\w*|picture|image|photo|logo|read\b.*\baloud|speak|say it|voice|audio)"
    r"|画|绘|图|照片|朗读|念|语音|读出",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Yield:
    """What the tools of an answer have brought so far, also where the last call broke off.

    `captions` say what there is to see and hear, where the answer has no words of its own; `notes` what went wrong.
    """

    files: list[Attachment] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Use:
    """One call: its arguments as the tool declares them, the number of its first post, and where its products go."""

    scene: Scene
    arguments: Mapping[str, object]
    number: int
    made: Yield

    def text(self, name: str) -> str:
        """An argument that is a string; blank where it was left out."""
        return str(self.arguments.get(name, "")).strip()


@dataclass(frozen=True, slots=True)
class Reach:
    """A tool, what it needs, and what it does: `run` returns what the model is told.

    It is offered where `model` finds one for its `craft`, which raises `BadOption` otherwise. What `run` raises is told
    to the model and to the people; `doing` is the id of the words for it.
    """

    tool: Tool
    doing: str
    craft: str
    model: Callable[[Kit], ModelSpec]
    run: Callable[[Use], Awaitable[str]]


def offered(kit: Kit, here: Capabilities) -> tuple[Tool, ...]:
    """The tools for an answer in a place that can do this. A model that takes none says so in its `ChatEnd`."""
    if kit.workshop is None or kit.defaults.tool_rounds < 1 or not here.file_limit:
        return ()
    return tuple(reach.tool for reach in TABLE.values() if _has(kit, reach))


def _has(kit: Kit, reach: Reach) -> bool:
    try:
        reach.model(kit)
    except BadOption:
        return False
    return True


def _drawing_model(kit: Kit) -> ModelSpec:
    return craft(kit, "image", None, kit.defaults.picture_model)


def _editing_model(kit: Kit) -> ModelSpec:
    return craft(kit, "image-edit", None, kit.defaults.edit_model)


def _speaking_model(kit: Kit) -> ModelSpec:
    return craft(kit, "tts", None, kit.defaults.speech_model)


def wishes_for_one(claim: Claim) -> bool:
    """The questions sound as if a tool were wanted; a guess, for a hint."""
    return any(_WISH.search(question.text) for question in claim.questions)


async def _draw(use: Use) -> str:
    prompt, spec, size = use.text("prompt"), _drawing_model(use.scene.kit), use.text("size")
    count = use.arguments.get("count", 1)
    if not prompt:
        raise BadOption("no-prompt")
    wish = Wish(prompt, spec, size if size and read_size(size) else None)
    wanted = max(1, min(count if isinstance(count, int) else 1, MOST_PICTURES))
    return " ".join([await _picture(use, wish, use.number + each) for each in range(wanted)])


async def _edit(use: Use) -> str:
    prompt, spec, which = use.text("prompt"), _editing_model(use.scene.kit), use.text("which")
    if not prompt:
        raise BadOption("no-prompt")
    claim = use.scene.claim
    there = [*reversed(use.made.files), *pictures_of(claim.questions), *pictures_of(claim.window.messages)]
    named = which.removeprefix(OUR_PICTURE).casefold()
    found = next((file for file in there if named in file.name.casefold()), None)
    if found is None:
        names = ", ".join(dict.fromkeys(file.name for file in there))
        return f"There is no picture {which}. " + (f"There are, newest first: {names}." if names else "There is none.")
    source = await use.scene.turn.until_cut(asyncio.ensure_future(fetched(use.scene, found)))
    return await _picture(use, Wish(prompt, spec, source=source), use.number)


async def _picture(use: Use, wish: Wish, number: int) -> str:
    return _told(use.made, await draw(use.scene, wish, number))


def _told(made: Yield, shown: Shown) -> str:
    drawn = shown.drawn
    if not drawn.blob:
        raise BadOption("words-for-a-picture", words=plain(drawn.words))
    made.captions.append(caption(drawn.prompt, drawn.model))
    if shown.attachment is not None:
        made.files.append(shown.attachment)
    if shown.trouble is not None:
        made.notes.append(shown.trouble)
        return "The picture was made, but people could not be shown it, and were told why."
    name = shown.attachment.name if shown.attachment is not None else "it"
    said = f" The picture model says: {drawn.words}" if drawn.words else ""
    return f"Done: people see {name}.{said}"


async def _speak(use: Use) -> str:
    text = use.text("text")
    aloud = await speak(use.scene, text, use.number, voice=use.text("voice"), style=use.text("style"))
    use.made.files.append(aloud.attachment)
    use.made.notes += aloud.notes
    said = "read-aloud" if aloud.voice else "read-aloud-by-model"
    use.made.captions.append(use.scene.say(said, voice=aloud.voice, model=aloud.model))
    return "Done: people can listen to it. Do not write the same text again."


def _schema(required: tuple[str, ...], **properties: Mapping[str, object]) -> Mapping[str, object]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _words(description: str) -> Mapping[str, object]:
    return {"type": "string", "description": description}


_COUNT = {"type": "integer", "minimum": 1, "maximum": MOST_PICTURES, "description": "How many, 1 if left out."}
_DRAW = Tool(
    "draw_picture",
    "Draw a new picture and show it to the people here. Call it only when they want one.",
    _schema(
        ("prompt",),
        prompt=_words("Everything that is to be seen, and the style."),
        size=_words("A ratio or pixels, such as 16:9 or 1024x1536."),
        count=_COUNT,
    ),
)
_EDIT = Tool(
    "edit_picture",
    "Alter a picture of this conversation and show the result. Call it when people want one changed.",
    _schema(
        ("prompt",),
        prompt=_words("What is to be different, and what stays."),
        which=_words("The name of the picture; the newest if left out."),
    ),
)
_SPEAK = Tool(
    "speak",
    "Read a text aloud as a voice message. Call it only when people want to hear something.",
    _schema(
        ("text",),
        text=_words("The words to be spoken, in their own language."),
        voice=_words("The name of a voice, if one was asked for."),
        style=_words("How it is to sound, if that was asked for."),
    ),
)

TABLE: Mapping[str, Reach] = {
    reach.tool.name: reach
    for reach in (
        Reach(_DRAW, "doing-draw", "image", _drawing_model, _draw),
        Reach(_EDIT, "doing-edit", "image-edit", _editing_model, _edit),
        Reach(_SPEAK, "doing-speak", "tts", _speaking_model, _speak),
    )
}
