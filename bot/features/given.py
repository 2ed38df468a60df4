"""What came with the questions besides words, made ready for the model."""

from dataclasses import replace

from bot.errors import BadOption, Notice, Refused
from bot.features.brought import Given
from bot.features.hearing import hear
from bot.features.looking import look
from bot.features.reasons import unusable
from bot.features.scene import Scene
from bot.model import Answer

__all__ = ["Given", "given", "transcript", "wordless"]


async def given(scene: Scene) -> Given:
    """What the questions of a turn bring along: each sense takes the files that are for it out of `unread`."""
    claim = scene.claim
    files = tuple(file for question in claim.questions for file in question.attachments)
    heard = await hear(scene, Given(claim.questions, claim.window, unread=files))
    scene.turn.above = heard.prelude
    return _told(await look(scene, heard))


def transcript(scene: Scene, things: Given) -> Answer:
    """The answer where what was said is all that is wanted."""
    notes = "".join(f"_{scene.kit.words.say(note, scene.claim.origin.locale)}_\n\n" for note in things.notes)
    return Answer("", "", shown=(things.prelude + notes).strip())


def wordless(scene: Scene, things: Given) -> Refused:
    """Why there is nothing to be answered: each file has its own reason, and a message may simply be blank."""
    notes = things.notes
    if all(note.id == "files-not-read" for note in notes):
        return BadOption("nothing-to-read" if things.unread else "empty-question")
    return unusable(scene.kit, scene.claim, notes)


def _told(things: Given) -> Given:
    """The same, with a word about what is still unread."""
    if not things.unread:
        return things
    names = ", ".join(file.name for file in things.unread)
    return replace(things, notes=(*things.notes, Notice("files-not-read", {"names": names})))
