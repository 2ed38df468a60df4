"""History to gateway messages within a token budget."""

import re
import string
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby
from math import ceil

from bot.gateway.values import ChatImage, ChatMessage, ModelSpec
from bot.model import Message, TurnId, Window
from bot.prompt.speaking import (
    MOST_PICTURES,
    NO_PICTURES,
    PICTURE_TOKENS,
    Album,
    Speakers,
    picture_tokens,
    speakers_of,
    spoken,
)

_MESSAGE_TOKENS = 4
"""What a message costs beside its text: role and separators."""

_SECOND_MENTION_TOKENS = 6
"""What a message may grow by of whose files only some are shown: the others are named beside them."""

_DEFAULT_RESERVE = 4096
"""Tokens kept free for the answer of a model whose longest output is unknown."""

_GO_ON = (
    "Your answer was cut off there. Go on exactly where it ends, in the middle of a word or a code block if need be. "
    "Repeat nothing, and begin without any introduction."
)
_LEAST_SEEN = 400
"""Characters of its own beginning that a model needs to go on in the same vein."""

_WORDS = re.compile(r"[A-Za-z \n]+")
_LETTERS = (string.ascii_letters + " \n").encode()
_EAST_ASIAN = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages to send; `included` of the window's messages are in it, `dropped` of all remembered are not.

    `tokens` is an estimate, rather too high than too low. `shown` are the refs of the files that go in as pictures.
    """

    messages: tuple[ChatMessage, ...]
    included: int
    dropped: int
    tokens: int
    shown: frozenset[str] = frozenset()


def count(text: str) -> int:
    """About how many tokens a text takes in any model, rather too many than too few.

    Four letters or blanks a token, two digits or other ASCII signs, one Chinese, Japanese or Korean character,
    two bytes of any other script. The models' own tables would have to be fetched.
    """
    if text.isascii():  # most texts, and every remembered one is counted for every question
        signs = len(text.encode().translate(None, _LETTERS))
        return ceil((len(text) - signs) / 4 + signs / 2)
    letters = sum(map(len, _WORDS.findall(text)))
    eastern = sum(map(len, _EAST_ASIAN.findall(text)))
    signs = sum(map(len, re.findall(r"[\x00-\x7f]+", text))) - letters
    octets = len(text.encode("utf-8", "surrogatepass")) - letters - signs - 3 * eastern
    return ceil(letters / 4 + signs / 2 + eastern + max(octets, 0) / 2)


def budget(spec: ModelSpec, limit: int) -> int:
    """How many tokens a prompt to this model may have: the limit, unless question and answer would not both fit."""
    if spec.context is None:
        return limit
    reserve = min(spec.max_output or _DEFAULT_RESERVE, spec.context // 2)
    return min(limit, spec.context - reserve)


def build(
    window: Window,
    questions: Sequence[Message],
    *,
    persona: str,
    budget: int,
    partial: str = "",
    bot_name: str = "Parley",
    pictures: Mapping[str, tuple[ChatImage, ...]] = NO_PICTURES,
    most_pictures: int = MOST_PICTURES,
) -> Prompt:
    """The prompt for the questions: persona, as much of the newest history as fits, then all questions.

    History goes in by whole exchanges, a turn's questions with their answer. Questions are never left out; those
    too long for the budget are cut in the middle, and have at least half of it where the persona is long. `partial`
    is the beginning of an answer that the model is to go on with; of a long one it sees the end.

    `pictures` are what people's files look like, by the refs of the attachments; a file without is only mentioned.
    The newest are shown, each once: those of the questions in half of the room, but at least one, older ones as long
    as there is room for them beside their own exchange. An exchange stays when its pictures have to go.
    """
    album = Album(pictures, most_pictures)
    speakers = speakers_of([*window.messages, *questions], bot_name)
    system = _system(persona, bot_name, named=bool(speakers))
    room = max(budget - _cost(system), budget // 2)
    asked = album.spoken(questions, speakers, max(room // 2, PICTURE_TOKENS))
    for_text = max(room - picture_tokens(asked), room // 2)
    asked = _fit(asked, for_text // 2 if partial else for_text)
    asked += _go_on(partial, room - _cost(asked))
    kept = _newest(_units(window.messages), speakers, album, room - _cost(asked))
    return Prompt(
        messages=tuple(system + _merged([*kept, *asked])),
        included=len(kept),
        dropped=max(window.total - len(kept), 0),
        tokens=_cost([*system, *kept, *asked]),
        shown=frozenset(album.shown),
    )


def _go_on(partial: str, room: int) -> list[ChatMessage]:
    if not partial:
        return []
    wish = ChatMessage("user", _GO_ON)
    return [ChatMessage("assistant", _ending(partial, room - _cost([wish]) - _MESSAGE_TOKENS)), wish]


def _ending(text: str, tokens: int) -> str:
    """As much of its end as fits, but never less than is needed."""
    keeps = range(_LEAST_SEEN, len(text) + 1)
    fitting = bisect_right(keeps, tokens, key=lambda keep: count(text[-keep:]))
    return text[-(_LEAST_SEEN + max(fitting - 1, 0)) :]


def _cost(messages: Sequence[ChatMessage]) -> int:
    return sum(count(message.text) + _MESSAGE_TOKENS + PICTURE_TOKENS * len(message.images) for message in messages)


def _system(persona: str, bot_name: str, *, named: bool) -> list[ChatMessage]:
    note = (
        "Several people write here. Each of their messages begins with the author's name and a colon; "
        f"a name further down in a message is only quoted. You are {bot_name}: answer without such a beginning."
    )
    text = "\n\n".join(part for part in (persona.strip(), note if named else "") if part)
    return [ChatMessage("system", text)] if text else []


def _units(messages: Sequence[Message]) -> list[list[Message]]:
    """What goes in or stays out together: the messages of a turn, or one that was only heard."""
    units: list[list[Message]] = []
    turns: dict[TurnId, list[Message]] = {}
    for message in messages:
        if message.turn in turns:
            turns[message.turn].append(message)
            continue
        units.append([message])
        if message.turn is not None:
            turns[message.turn] = units[-1]
    return units


def _newest(
    units: Sequence[Sequence[Message]], speakers: Speakers | None, album: Album, room: int
) -> list[ChatMessage]:
    """The newest units that fit, without a gap, from a user's message on: some models insist on that."""
    kept: list[ChatMessage] = []
    for unit in reversed(units):
        said = [spoken(message, speakers) for message in unit]
        cost = _cost(said)
        if cost > room:
            break
        if album.pictures:
            said = album.spoken(unit, speakers, room - cost - _SECOND_MENTION_TOKENS * len(unit))
            cost = _cost(said)
        room -= cost
        kept[:0] = said
    return list(dropwhile(lambda message: message.role != "user" or not message.text, kept))


def _fit(asked: Sequence[ChatMessage], room: int) -> list[ChatMessage]:
    """All of them; what the short ones leave is shared by the long ones."""
    fitted = list(asked)
    by_length = sorted(range(len(asked)), key=lambda index: len(asked[index].text))
    for done, index in enumerate(by_length):
        share = room // (len(asked) - done)
        text = _shortened(asked[index].text, share - _MESSAGE_TOKENS)
        fitted[index] = ChatMessage(asked[index].role, text, asked[index].images)
        room -= count(text) + _MESSAGE_TOKENS
    return fitted


def _shortened(text: str, tokens: int) -> str:
    if count(text) <= tokens:
        return text
    keeps = range(1, len(text) // 2 + 1)
    over = bisect_right(keeps, tokens, key=lambda keep: count(_without_middle(text, keep)))
    return _without_middle(text, max(over, 1))


def _without_middle(text: str, keep: int) -> str:
    # The end goes on in the marker's line, so that it cannot look like the beginning of another's message.
    return f"{text[:keep]}\n[… {len(text) - 2 * keep} characters left out …] {text[-keep:]}"


def _merged(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Roles in strict alternation: some models refuse two messages of one role in a row."""
    filled = [message for message in messages if message.text]
    runs = [list(run) for _, run in groupby(filled, key=lambda message: message.role)]
    return [run[0] if len(run) == 1 else _joined(run) for run in runs]


def _joined(run: Sequence[ChatMessage]) -> ChatMessage:
    images = tuple(image for message in run for image in message.images)
    return ChatMessage(run[0].role, "\n\n".join(message.text for message in run), images)
