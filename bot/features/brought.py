"""What came with the questions of a turn, as the senses hand it on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.contract import Attachment
from bot.errors import Notice
from bot.gateway.values import ChatImage
from bot.model import Message, Window


@dataclass(frozen=True, slots=True)
class Given:
    """The questions and what was said before them, once their files were looked at.

    `prelude` is CommonMark that stands above the answer and is no part of it. `notes` say what was not used and why;
    `unread` are the files of the questions that nobody could make anything of. `only_transcript`: what was said is to
    be shown, and not to be answered. `pictures` are what models are shown of the files, by their refs; a picture of the
    questions that has no image was one too many.
    """

    questions: tuple[Message, ...]
    window: Window
    prelude: str = ""
    notes: tuple[Notice, ...] = ()
    unread: tuple[Attachment, ...] = ()
    only_transcript: bool = False
    pictures: Mapping[str, tuple[ChatImage, ...]] = field(default_factory=dict)
