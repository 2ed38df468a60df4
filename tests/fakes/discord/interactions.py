"""Interactions: what a person called, how the bot answered, and when its token stops working."""

import asyncio
import secrets
from dataclasses import dataclass, field

from tests.fakes.discord.bodies import check_filled
from tests.fakes.discord.clock import Clock
from tests.fakes.discord.mentions import allowed_mentions
from tests.fakes.discord.payloads import Payloads
from tests.fakes.discord.posting import Posting
from tests.fakes.discord.wire import ApiError, Ask, Json, Problem, check_length, invalid
from tests.fakes.discord.world import Channel, Flag, Message, MessageKind, User, World

ANSWER_S = 3.0
LIFE_S = 900.0
_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE, _CHOICES, _MODAL = 4, 5, 6, 7, 8, 9
_ALLOWED = {2: {_MESSAGE, _DEFER, _MODAL}, 3: {_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE, _MODAL}, 4: {_CHOICES}}


class NotAnswered(AssertionError):
    """What a person sees as "The application did not respond"."""


@dataclass(eq=False, slots=True)
class Interaction:
    """One call by a person. `kind` is Discord's: 2 command, 3 component, 4 autocomplete.

    `answer` is the type of the first answer, None until there is one; `first` the message it made;
    `followups` the others, in order; `message` the one whose component was pressed.
    """

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    at: float
    clock: Clock
    message: Message | None = None
    answer: int | None = None
    answered_after_s: float | None = None
    ephemeral: bool = False
    first: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def deferred(self) -> bool:
        """Whether the first answer only said that there will be one."""
        return self.answer in (_DEFER, _DEFER_UPDATE)

    @property
    def thinking(self) -> bool:
        """Whether the person still sees the placeholder of a deferral."""
        return self.first is not None and bool(self.first.flags & Flag.LOADING)

    @property
    def messages(self) -> list[Message]:
        """All that this interaction shows, in order."""
        return [*([] if self.first is None else [self.first]), *self.followups]

    @property
    def age_s(self) -> float:
        """Discord seconds since the call."""
        return self.clock.now() - self.at

    async def acknowledgement(self) -> "Interaction":
        """Wait for the first answer; `NotAnswered` once it would be too late."""
        try:
            async with asyncio.timeout(max(0.0, self.clock.real(ANSWER_S - self.age_s))):
                await self.acknowledged.wait()
        except TimeoutError:
            raise NotAnswered(f"no answer within {ANSWER_S} s") from None
        return self


@dataclass(slots=True)
class Interactions:
    """All interactions, by id and by token, and the routes that answer them."""

    world: World
    payloads: Payloads
    posting: Posting
    _by_id: dict[int, Interaction] = field(default_factory=dict)
    _by_token: dict[str, Interaction] = field(default_factory=dict)

    def open(self, kind: int, user: User, channel: Channel, data: Json, message: Message | None = None) -> Interaction:
        """A person calls; INTERACTION_CREATE goes out."""
        now = self.world.clock.now()
        token = secrets.token_urlsafe(96)
        made = Interaction(self.world.ids.next(), token, kind, user, channel, now, self.world.clock, message)
        self._by_id[made.id] = self._by_token[token] = made
        payload: Json = {"id": str(made.id), "type": kind, "token": token, "data": data}
        if message is not None:
            payload["message"] = self.payloads.message(message)
        payload |= self.payloads.interaction_place(user, channel)
        self.posting.hub.publish("INTERACTION_CREATE", payload, 0, channel.guild_id)
        return made

    def callback(self, ask: Ask) -> Json | None:
        """POST /interactions/{id}/{token}/callback."""
        made = self._by_id.get(ask.id("interaction_id"))
        if made is None or made.token != ask.path["token"]:
            raise ApiError(Problem.UNKNOWN_INTERACTION)
        if made.answer is not None:
            raise ApiError(Problem.ALREADY_ACKNOWLEDGED)
        if made.age_s > ANSWER_S:
            raise ApiError(Problem.UNKNOWN_INTERACTION)
        kind, data = ask.form.get("type"), ask.form.get("data") or {}
        if kind not in _ALLOWED[made.kind]:
            raise invalid("type", "INTERACTION_RESPONSE_TYPE_INVALID", "This interaction cannot be answered so.")
        self._apply(made, int(kind), Ask(ask.path, ask.query, data, ask.files))
        made.answer, made.answered_after_s = int(kind), made.age_s
        made.acknowledged.set()
        return self._receipt(made) if ask.query.get("with_response") in ("1", "true") else None

    def of_token(self, ask: Ask) -> Interaction:
        """The interaction of a webhook route: 401/50027 after 15 minutes, 404/10015 where there is none."""
        made = self._by_token.get(ask.path["token"])
        if made is None or ask.id("webhook_id") != self.world.application_id or made.answer is None:
            raise ApiError(Problem.UNKNOWN_WEBHOOK)
        if made.age_s > LIFE_S:
            raise ApiError(Problem.INVALID_TOKEN)
        return made

    def message_of(self, ask: Ask) -> tuple[Interaction, Message]:
        """The message that a webhook route names; "@original" is the first answer.

        The message whose button was pressed is the first answer of a press that changes nothing or changes it, and
        has no other name here.
        """
        made = self.of_token(ask)
        name = ask.path["message_id"]
        for message in made.messages:
            own = name == str(message.id) and message is not made.message
            named = own or (name == "@original" and message is made.first)
            if named and message.id in made.channel.messages:
                return made, message
        raise ApiError(Problem.UNKNOWN_MESSAGE)

    def follow_up(self, ask: Ask) -> Message:
        """POST of a follow-up; the first one after a deferral fills the placeholder, as ever."""
        made = self.of_token(ask)
        self.posting.check(made.channel, ask, Flag.EPHEMERAL)
        if made.thinking and made.first is not None:
            fields = {key: value for key, value in ask.form.items() if key != "flags"}
            return self.posting.revise(made.channel, made.first, Ask(ask.path, ask.query, fields, ask.files))
        message = self._write(made, ask, MessageKind.DEFAULT)
        made.followups.append(message)
        return message

    def delete(self, ask: Ask) -> None:
        """DELETE of a message of an interaction."""
        made, message = self.message_of(ask)
        self.posting.remove(made.channel, message)
        if message is made.first:
            made.first = None
        else:
            made.followups.remove(message)

    def _apply(self, made: Interaction, kind: int, ask: Ask) -> None:
        if kind == _MESSAGE:
            self.posting.check(made.channel, ask, Flag.EPHEMERAL)
            made.first = self._write(made, ask, MessageKind.COMMAND)
        elif kind == _DEFER:
            made.first = self._placeholder(made, ask.form)
        elif kind == _UPDATE and made.message is not None:
            made.first = self.posting.revise(made.channel, made.message, ask)
        elif kind == _DEFER_UPDATE:
            made.first = made.message
        elif kind == _CHOICES:
            made.choices = _choices(ask.form)
        elif kind == _MODAL:
            made.modal = _modal(ask.form)

    def _placeholder(self, made: Interaction, data: Json) -> Message:
        flags = data.get("flags") or 0
        if flags & ~Flag.EPHEMERAL:
            raise invalid("data.flags", "NUMBER_TYPE_FLAGS", "Only EPHEMERAL can go with a deferral.")
        now = self.world.clock.now()
        message = Message(self.world.ids.next(), made.channel.id, self.world.bot, "", now, MessageKind.COMMAND)
        message.flags = flags | Flag.LOADING
        return self._shown(made, message)

    def _write(self, made: Interaction, ask: Ask, kind: MessageKind) -> Message:
        body = ask.form
        check_filled(
            (body.get("content") or "").strip(), body.get("embeds") or [], body.get("components") or [], ask.files
        )
        now = self.world.clock.now()
        message = Message(self.world.ids.next(), made.channel.id, self.world.bot, "", now, kind)
        message.interaction_id = made.id
        self.posting.fill(made.channel, message, ask)
        self.posting.remark(made.channel, message, allowed_mentions(body))
        return self._shown(made, message)

    def _shown(self, made: Interaction, message: Message) -> Message:
        message.interaction_id, message.asker_id, message.interaction_kind = made.id, made.user.id, made.kind
        message.original_id = None if made.first is None else made.first.id
        message.pressed_id = None if made.message is None else made.message.id
        ephemeral = bool(message.flags & Flag.EPHEMERAL)
        made.ephemeral = made.ephemeral or (made.first is None and ephemeral)
        message.seen_by = made.user.id if ephemeral else None
        made.channel.messages[message.id] = message
        self.posting.hub.message("MESSAGE_CREATE", message)
        return message

    def _receipt(self, made: Interaction) -> Json:
        interaction: Json = {"id": str(made.id), "type": made.kind}
        resource: Json = {"type": made.answer}
        if made.first is not None and made.answer != _DEFER_UPDATE:
            interaction |= {
                "response_message_id": str(made.first.id),
                "response_message_loading": made.thinking,
                "response_message_ephemeral": made.ephemeral,
            }
            resource["message"] = self.payloads.message(made.first)
        return {"interaction": interaction, "resource": resource}


def _choices(data: Json) -> list[Json]:
    choices = data.get("choices")
    if not isinstance(choices, list) or len(choices) > 25:
        raise invalid("data.choices", "BASE_TYPE_BAD_LENGTH", "Must be between 0 and 25 in length.")
    for index, choice in enumerate(choices):
        check_length(f"data.choices.{index}.name", choice.get("name"), 1, 100)
        if not isinstance(choice.get("value"), int | float):
            check_length(f"data.choices.{index}.value", choice.get("value"), 1, 100)
    return choices


def _modal(data: Json) -> Json:
    check_length("data.title", data.get("title"), 1, 45)
    check_length("data.custom_id", data.get("custom_id"), 1, 100)
    if not 1 <= len(data.get("components") or []) <= 5:
        raise invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    return data
