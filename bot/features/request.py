"""What a claimed turn asks of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot import prompt
from bot.contract import Attachment
from bot.features.kit import Kit
from bot.gateway.values import ChatImage, ChatMessage, ChatOptions, ChatRequest, ModelSpec, Tool
from bot.made import OWN
from bot.model import Claim, Message

RETRY_SHARE = 0.5
"""How much of the token budget is left to a prompt that the model found too long."""

OUR_PICTURE = "your picture "
"""How the name of a picture begins that we have drawn, as the model is told it."""


@dataclass(frozen=True, slots=True)
class Put:
    """How a question is put: within that share of the token budget, with these pictures, by the refs of their files.

    `talk` is what the model and its tools have said since the question; the model goes on from `partial` after it.
    """

    tools: tuple[Tool, ...] = ()
    pictures: Mapping[str, tuple[ChatImage, ...]] = field(default_factory=dict)
    talk: tuple[ChatMessage, ...] = ()
    partial: str = ""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """The request, and the refs of the files that are in it as pictures."""

    request: ChatRequest
    shown: frozenset[str]


def asked(kit: Kit, claim: Claim, spec: ModelSpec, put: Put) -> Asked:
    """The request for a turn's answer, or for the next part of it."""
    said = _with_our_pictures([*claim.window.messages, *claim.questions])
    built = prompt.build(
        replace(claim.window, messages=said[: len(claim.window.messages)]),
        said[len(claim.window.messages) :],
        persona=kit.persona(claim.choice, claim.origin),
        budget=int(prompt.budget(spec, kit.defaults.history_tokens) * put.share),
        partial=put.partial,
        pictures=put.pictures,
    )
    request = ChatRequest(
        model=spec.id,
        messages=_with_talk(built.messages, put),
        key=f"parley-{claim.name}-{claim.attempt}-{put.share}-{len(put.talk)}-{len(put.pictures)}",
        options=ChatOptions(max_output_tokens=kit.defaults.max_output_tokens),
        tools=put.tools,
    )
    return Asked(request, built.shown)


def _with_talk(messages: tuple[ChatMessage, ...], put: Put) -> tuple[ChatMessage, ...]:
    """The talk comes after the question, and before what is to be gone on with: its beginning and the wish."""
    end = len(messages) - 2 if put.partial else len(messages)
    return (*messages[:end], *put.talk, *messages[end:])


def _with_our_pictures(messages: Sequence[Message]) -> tuple[Message, ...]:
    """What we have drawn goes with the next message of a user: those of the model carry no pictures."""
    if not any(message.role == "assistant" and message.attachments for message in messages):
        return tuple(messages)
    carried: list[Attachment] = []
    filled: list[Message] = []
    for message in messages:
        if message.role == "assistant":
            carried += filter(_drawn, message.attachments)
        elif carried:
            ours = (replace(file, name=OUR_PICTURE + file.name) for file in carried)
            message = replace(message, attachments=(*ours, *message.attachments))
            carried = []
        filled.append(message)
    return tuple(filled)


def _drawn(file: Attachment) -> bool:
    return file.ref.startswith(OWN) and file.media_type.startswith("image/")
