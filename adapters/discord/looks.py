"""How a message of ours looks: its text in Discord's Markdown, and the row of buttons under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord.http import MultipartParameters, handle_message_parameters

from adapters.discord import markup
from bot.contract import Button, Post
from bot.errors import PostRejected

Message = Mapping[str, Any]
"""A message as Discord gives it back; the SDK's own type of it cannot be imported at run time."""

_SILENT = discord.AllowedMentions.none()


@dataclass(frozen=True, slots=True)
class Look:
    """A whole message as it should look; a look without buttons takes away those that stand there."""

    text: str
    buttons: tuple[Button, ...] = ()

    def parameters(
        self,
        *,
        nonce: str | None = None,
        reference: discord.MessageReference | None = None,
        flags: discord.MessageFlags = discord.utils.MISSING,
    ) -> MultipartParameters:
        """The look as a call's body, which alerts nobody.

        The components are written out because the SDK would keep each `View` in memory for as long as its message
        may be pressed, and would know none of an earlier process's.
        """
        replied = discord.utils.MISSING if reference is None else reference.to_message_reference_dict()
        made = handle_message_parameters(
            self.text,
            nonce=nonce,
            message_reference=replied,
            flags=flags,
            allowed_mentions=_SILENT,
            mention_author=False,
        )
        return made._replace(payload={**(made.payload or {}), "components": _rows(self.buttons)})

    def body(self, flags: discord.MessageFlags = discord.utils.MISSING) -> dict[str, Any]:
        """The same for a call by an interaction's token."""
        return self.parameters(flags=flags).payload or {}


def of(post: Post) -> Look:
    """A post's look. Raises `PostRejected` for a text that one message does not hold."""
    shown = markup.render(post.text)
    if markup.units(shown) > markup.TEXT_LIMIT:
        raise PostRejected("too long for one post")
    return Look(shown, post.buttons)


def _rows(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """One action row (https://discord.com/developers/docs/components/reference#action-row), or none."""
    if not buttons:
        return []
    kind, style = discord.ComponentType.button.value, discord.ButtonStyle.secondary.value
    made = [{"type": kind, "style": style, "label": button.label, "custom_id": button.id} for button in buttons]
    return [{"type": discord.ComponentType.action_row.value, "components": made}]


def shows(message: Message, look: Look) -> bool:
    """Whether a message looks so; Discord trims the blanks around a text."""
    rows: Any = message.get("components") or ()
    ids = [button.get("custom_id") for row in rows for button in row.get("components", ())]
    return message["content"].strip() == look.text.strip() and ids == [button.id for button in look.buttons]
