"""How a message of ours looks: its text in Discord's Markdown, its files, and the row of buttons under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord.http import MultipartParameters, handle_message_parameters

from adapters.discord import markup, uploads
from bot.contract import Button, File, Post
from bot.errors import PostRejected

Message = Mapping[str, Any]
"""A message as Discord gives it back; the SDK's own type of it cannot be imported at run time."""

_SILENT = discord.AllowedMentions.none()


@dataclass(frozen=True, slots=True)
class Look:
    """A whole message as it should look; a look without buttons takes away those that stand there.

    `files` come with a new message. A voice message is nothing but its file.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()

    @property
    def voice(self) -> bool:
        """Whether it is to be played as a voice message, which can have no words beside it."""
        return not self.text and [file.voice is not None for file in self.files] == [True]

    @property
    def ordinary(self) -> "Look":
        """The same with its sound as an ordinary file."""
        return replace(self, files=tuple(replace(file, voice=None) for file in self.files))

    @property
    def patience(self) -> float:
        """Seconds that its files may take on their way."""
        return uploads.patience(self.files)

    def parameters(
        self,
        *,
        nonce: str | None = None,
        reference: discord.MessageReference | None = None,
        flags: discord.MessageFlags = discord.utils.MISSING,
    ) -> MultipartParameters:
        """The look as a call's body, which alerts nobody; to be left with `with`, since its files are open.

        The components are written out because the SDK would keep each `View` in memory for as long as its message
        may be pressed, and would know none of an earlier process's.
        """
        replied = discord.utils.MISSING if reference is None else reference.to_message_reference_dict()
        made = handle_message_parameters(
            discord.utils.MISSING if self.voice else self.text,
            nonce=nonce,
            message_reference=replied,
            flags=_spoken(flags) if self.voice else flags,
            allowed_mentions=_SILENT,
            mention_author=False,
        )
        shown = {} if self.voice else {"components": _rows(self.buttons)}
        payload = {**(made.payload or {}), **shown}
        return uploads.with_files(payload, self.files) if self.files else made._replace(payload=payload)

    @property
    def without_files(self) -> "Look":
        """The same for an edit, which leaves the files that stand there."""
        return replace(self, files=())


def of(post: Post) -> Look:
    """A post's look without its files. Raises `PostRejected` for a text that one message does not hold."""
    shown = markup.render(post.text)
    if markup.units(shown) > markup.TEXT_LIMIT:
        raise PostRejected("too long for one post")
    return Look(shown, post.buttons)


def whole(post: Post, file_limit: int) -> Look:
    """A new post's look, files of so many bytes each included. Raises `PostRejected`."""
    look = of(post)
    if not post.final or not post.files:
        return look
    filled = replace(look, files=uploads.checked(post.files, file_limit))
    return filled if filled.voice else filled.ordinary


def _spoken(flags: discord.MessageFlags) -> discord.MessageFlags:
    marked = discord.MessageFlags(voice=True)
    return marked if flags is discord.utils.MISSING else flags | marked


def _rows(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """One action row (https://discord.com/developers/docs/components/reference#action-row), or none."""
    if not buttons:
        return []
    kind, style = discord.ComponentType.button.value, discord.ButtonStyle.secondary.value
    made = [{"type": kind, "style": style, "label": button.label, "custom_id": button.id} for button in buttons]
    return [{"type": discord.ComponentType.action_row.value, "components": made}]


def holds_files(message: Message, look: Look) -> bool:
    """Whether a message has as many files as it should have."""
    return len(message["attachments"]) == len(look.files)


def shows(message: Message, look: Look) -> bool:
    """Whether a message looks so, but for its files; Discord trims the blanks around a text."""
    if look.voice:
        return True
    rows: Any = message.get("components") or ()
    ids = [button.get("custom_id") for row in rows for button in row.get("components", ())]
    return message["content"].strip() == look.text.strip() and ids == [button.id for button in look.buttons]
