"""What came with the questions of a turn, as the senses hand it on."""

from dataclasses import dataclass

from bot.contract import Attachment
from bot.errors import Notice
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
