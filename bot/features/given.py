"""What came with the questions besides words, made ready for the model."""

from dataclasses import dataclass

from bot.errors import Notice
from bot.features.scene import Scene


@dataclass(frozen=True, slots=True)
class Given:
    """`notes` say what was not read and why; `unread` is true where there were files and none of them was."""

    notes: tuple[Notice, ...] = ()
    unread: bool = False


async def given(scene: Scene) -> Given:
    """What the questions of a turn bring along."""
    names = [attachment.name for question in scene.claim.questions for attachment in question.attachments]
    return Given((Notice("files-not-read", {"names": ", ".join(names)}),), unread=True) if names else Given()
