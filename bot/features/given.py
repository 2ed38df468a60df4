"""What came with the questions besides words, made ready for the model."""

from dataclasses import dataclass, replace

from bot.contract import Attachment
from bot.errors import Notice
from bot.features.scene import Scene
from bot.model import Message, Window


@dataclass(frozen=True, slots=True)
class Given:
    """The questions and what was said before them, once their files were looked at.

    `prelude` is CommonMark that stands above the answer and is no part of it. `notes` say what was not used and why;
    `unread` are the files of the questions that nobody could make anything of. `only_transcript`: what was said is to
    be shown, and not to be answered.
    """

    questions: tuple[Message, ...]
    window: Window
    prelude: str = ""
    notes: tuple[Notice, ...] = ()
    unread: tuple[Attachment, ...] = ()
    only_transcript: bool = False


async def given(scene: Scene) -> Given:
    """What the questions of a turn bring along: each sense takes the files that are for it out of `unread`."""
    claim = scene.claim
    files = tuple(file for question in claim.questions for file in question.attachments)
    return _told(Given(claim.questions, claim.window, unread=files))


def _told(things: Given) -> Given:
    """The same, with a word about what is still unread."""
    if not things.unread:
        return things
    names = ", ".join(file.name for file in things.unread)
    return replace(things, notes=(*things.notes, Notice("files-not-read", {"names": names})))
