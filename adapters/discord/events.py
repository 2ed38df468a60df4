"""What Discord sends, as the contract's events."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from adapters.discord import files, words
from adapters.discord.me import Me
from adapters.discord.token import Token
from bot.contract import (
    Address,
    Addressed,
    ButtonPressed,
    CommandInvoked,
    Keys,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Origin,
    Person,
    PersonKind,
    PostId,
)

PLATFORM = "discord"
DIRECT = "@me"
"""The workspace of direct messages, as Discord's own addresses call it."""

BUTTON_ID_LIMIT = 64
"""The longest id that the contract lets a button have; Discord would take 100 characters."""

_SPOKEN = (discord.MessageType.default, discord.MessageType.reply)
_QUOTED = 2000
"""Characters of a message that is answered: all of it, as a rule."""
_OURS = (*_SPOKEN, discord.MessageType.chat_input_command)


def heard(message: discord.Message, me: Me) -> bool:
    """Whether it is for the engine: what people say, and what programs say to us, who may be answered.

    Joins, pins and ourselves are not.
    """
    said = message.type in _SPOKEN and message.author.id != me.id
    return said and (not message.author.bot or _calls(message, me))


def by_a_person(message: discord.Message, me: Me) -> bool:
    """Whether a person said it."""
    return heard(message, me) and not message.author.bot


def address(guild: int | None, channel: int, parent: int | None = None) -> Address:
    """The address of a channel, or of a thread where its parent channel is named."""
    workspace = DIRECT if guild is None else str(guild)
    if parent is None:
        return Address(PLATFORM, workspace, str(channel))
    return Address(PLATFORM, workspace, str(parent), str(channel))


def addressed(message: discord.Message, place: Address, me: Me) -> Addressed:
    """To whom it speaks; a reply speaks to the author it answers, pinged or not."""
    if place.workspace == DIRECT:
        return Addressed.BOT
    if _calls(message, me):
        return Addressed.BOT
    return Addressed.OTHER if _people(message) or _roles(message) else Addressed.OPEN


def message_received(message: discord.Message, place: Address, me: Me) -> MessageReceived:
    """A message as an event."""
    return MessageReceived(
        keys=Keys(f"{PLATFORM}:{message.id}", place.place(str(message.id))),
        origin=Origin(place, _author(message, me), str(message.id), _community_locale(message.guild)),
        text=_text(message, place, me),
        addressed=addressed(message, place, me),
        sent_at=message.created_at,
        attachments=files.of(message),
        reply_to=_reply_to(message),
        quoted=files.quoted(message),
        edited_at=message.edited_at,
    )


def _text(message: discord.Message, place: Address, me: Me) -> str:
    """What it says, under what it answers: in a flat channel the engine never heard the other's message.

    A thread is remembered whole, our own messages always are, and a command stays a command. Our own answers
    stand under their questions anyway.
    """
    own = words.of(message, me)
    other = message.reference.resolved if message.reference else None
    whole = place.thread is not None or message.author.id == me.id
    if whole or own.startswith("/") or not isinstance(other, discord.Message):
        return own
    quoted = "" if other.author.id == me.id else words.of(other, me)
    if not quoted:
        return own
    cut = quoted if len(quoted) <= _QUOTED else f"{quoted[:_QUOTED]} …"
    return f"> {other.author.display_name}: ".replace("\n", " ") + cut.replace("\n", "\n> ") + f"\n\n{own}"


def said(message: discord.Message, place: Address, me: Me) -> MessageReceived | None:
    """A message of a place's history, our own and other programs' included; None for what is no speech.

    A thread's first item is the message that it stands under, which was said in the channel around it.
    """
    if message.type is discord.MessageType.thread_starter_message:
        starter = message.reference.resolved if message.reference else None
        return said(starter, place.parent, me) if isinstance(starter, discord.Message) else None
    if message.type not in _OURS:
        return None
    event = message_received(message, place, me)
    return event if says_something(event) else None


def says_something(event: MessageReceived) -> bool:
    """Whether there is anything in it of its own; a forward shows only what it quotes."""
    return bool(event.text or event.attachments or (event.quoted and event.reply_to is None))


def message_edited(message: discord.Message, place: Address, me: Me) -> MessageEdited | None:
    """A person's new text; None where it was never edited, or where the text is not shown to us."""
    if not by_a_person(message, me) or message.edited_at is None or not message.content:
        return None
    return MessageEdited(place, str(message.id), _text(message, place, me), message.edited_at)


def message_deleted(place: Address, message_id: int) -> MessageDeleted:
    """A message that is gone."""
    return MessageDeleted(place, str(message_id))


def command_invoked(
    interaction: discord.Interaction[Any], token: Token, me: Me, order: Sequence[str] = ()
) -> CommandInvoked:
    """A slash command as an event, its files in that order of options; it can be answered through its token."""
    filled = options(interaction)
    return CommandInvoked(
        keys=Keys(f"{PLATFORM}:{interaction.id}"),
        origin=_whoever_called(interaction, token, me),
        name=command_name(interaction),
        options={name: str(each["value"]) for name, each in filled.items() if each.get("type") != files.OPTION},
        sent_at=interaction.created_at,
        attachments=files.given(filled, _payload(interaction).get("resolved") or {}, order),
    )


def button_pressed(interaction: discord.Interaction[Any], token: Token, me: Me) -> ButtonPressed:
    """A press as an event; the token's `pressed` is the post where the button stands."""
    return ButtonPressed(
        keys=Keys(f"{PLATFORM}:{interaction.id}"),
        origin=_whoever_called(interaction, token, me),
        button=component(interaction),
        post=PostId(str(token.pressed)),
    )


def component(interaction: discord.Interaction[Any]) -> str:
    """The id of the button that was pressed; empty for what is no button, or none that we would have made."""
    payload = _payload(interaction)
    name = str(payload.get("custom_id", ""))
    ours = payload.get("component_type") == discord.ComponentType.button.value and name.isascii()
    return name if ours and len(name) <= BUTTON_ID_LIMIT else ""


def command_name(interaction: discord.Interaction[Any]) -> str:
    """The name of the command that was called."""
    return str(_payload(interaction).get("name", ""))


def options(interaction: discord.Interaction[Any]) -> Mapping[str, Mapping[str, Any]]:
    """The filled options of a command as Discord sent them, by name."""
    return {str(option["name"]): option for option in _payload(interaction).get("options", []) if "value" in option}


def interaction_address(interaction: discord.Interaction[Any]) -> Address:
    """Where somebody called or pressed. A place that the SDK cannot name is a place of its own, never another's."""
    channel = interaction.channel
    if channel is None:
        return address(interaction.guild_id, interaction.id)
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    return address(interaction.guild_id, channel.id, parent)


def may_post(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot itself may write where the command was called (user installs may not)."""
    if interaction.guild_id is None:
        return isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel
    if interaction.is_user_integration() and not interaction.is_guild_integration():
        return False
    rights = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    return rights.view_channel and (rights.send_messages_in_threads if in_thread else rights.send_messages)


def person(author: discord.abc.User, me: Me, rights: discord.Permissions) -> Person:
    """Whoever stands behind a message, a command or a press, with their rights in the channel."""
    kind = PersonKind.SELF if author.id == me.id else PersonKind.BOT if author.bot else PersonKind.HUMAN
    return Person(str(author.id), author.display_name, kind, rights.manage_messages or rights.administrator)


def _whoever_called(interaction: discord.Interaction[Any], token: Token, me: Me) -> Origin:
    caller = person(interaction.user, me, interaction.permissions)
    return Origin(token.address, caller, None, str(interaction.locale), token.stored())


def _author(message: discord.Message, me: Me) -> Person:
    return person(message.author, me, _rights(message))


def _rights(message: discord.Message) -> discord.Permissions:
    """The author's rights where the message stands, as far as the channel is known here; none elsewhere."""
    if not isinstance(message.author, discord.Member) or not isinstance(
        message.channel, discord.abc.GuildChannel | discord.Thread
    ):
        return discord.Permissions.none()
    try:
        return message.channel.permissions_for(message.author)
    except discord.ClientException:  # a thread whose channel we cannot see
        return discord.Permissions.none()


def _reply_to(message: discord.Message) -> str | None:
    """What it answers; forwards, pins and the like refer to a message too."""
    if message.type is not discord.MessageType.reply or message.reference is None:
        return None
    answered = message.reference.message_id
    return None if answered is None else str(answered)


def _payload(interaction: discord.Interaction[Any]) -> Mapping[str, Any]:
    given: Any = interaction.data
    return given or {}


def _calls(message: discord.Message, me: Me) -> bool:
    """Whether it mentions us, or answers us."""
    return me.id in _people(message) or me.role in _roles(message)


def _people(message: discord.Message) -> set[int]:
    return {person.id for person in message.mentions} | _answered(message)


def _roles(message: discord.Message) -> set[int]:
    """The SDK names roles of servers that it knows; a history that is read by REST alone has none of these."""
    return {role.id for role in message.role_mentions} if message.guild else set(message.raw_role_mentions)


def _answered(message: discord.Message) -> set[int]:
    if message.type is not discord.MessageType.reply or message.reference is None:
        return set()
    answered = message.reference.resolved
    return {answered.author.id} if isinstance(answered, discord.Message) else set()


def _community_locale(guild: discord.Guild | None) -> str | None:
    """A server's language, which only community servers can choose: all others say en-US."""
    return str(guild.preferred_locale) if guild is not None and "COMMUNITY" in guild.features else None
