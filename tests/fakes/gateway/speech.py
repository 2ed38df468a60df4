"""From a scripted answer to what is really said: words, thought and counts for one request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.fakes.gateway.behaviours import Answer, Json, NoFinish, ThoughtPlace
from tests.fakes.gateway.messages import text_of, tokens
from tests.fakes.gateway.rules import Rules

HABIT = "The person wants an answer."
"""The thought of a model that shows its thought unasked."""
_WORDS = re.compile(r"\s*\S+\s*")
_TAG = re.compile(r"(?<=<thi)|(?<=</th)")


@dataclass(frozen=True, slots=True)
class Speech:
    """One answer, decided: `pieces` are the content as it streams, think tags included."""

    answer: Answer
    model: str
    text: str
    pieces: tuple[str, ...]
    thought: str
    thought_in: ThoughtPlace | None
    finish: str | None
    prompt_tokens: int
    count_asked: bool

    @property
    def content(self) -> str:
        """The whole content, as a plain answer carries it."""
        return "".join(self.pieces)

    @property
    def completion_tokens(self) -> int:
        """What the answer costs, thought included."""
        return tokens(self.text) + self.reasoning_tokens

    @property
    def reasoning_tokens(self) -> int:
        """What the thought costs."""
        return tokens(self.thought) if self.thought else 0


def decide(answer: Answer, body: Json, rules: Rules) -> Speech:
    """What the model says to this request."""
    text = answer.text(body) if callable(answer.text) else answer.text
    place = answer.thought_in or _habit(body, rules) or "reasoning_content"
    thought = answer.thought if answer.thought is not None else (HABIT if rules.thinks_in else "")
    options = body.get("stream_options")
    said = "" if text is None or answer.refusal else text
    return Speech(
        answer=answer,
        model=rules.id,
        text=said,
        pieces=_thought_pieces(thought, place) + _pieces(said, answer.chunks),
        thought=thought,
        thought_in=place if thought else None,
        finish=_finish(answer),
        prompt_tokens=tokens(body.get("messages") or body.get("input")),
        count_asked=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _habit(body: Json, rules: Rules) -> ThoughtPlace | None:
    return "reasoning_details" if body.get("reasoning_split") is True else rules.thinks_in


def _finish(answer: Answer) -> str | None:
    if isinstance(answer.end, NoFinish):
        return None
    return answer.finish or ("tool_calls" if answer.tool_calls else "stop")


def _thought_pieces(thought: str, place: ThoughtPlace) -> tuple[str, ...]:
    if not thought or place not in ("think", "unopened_think"):
        return ()
    opening = "<think>\n" if place == "think" else ""
    return tuple(piece for piece in _TAG.split(f"{opening}{thought}\n</think>\n\n") if piece)


def _pieces(text: str, chunks: int | tuple[str, ...] | None) -> tuple[str, ...]:
    if isinstance(chunks, tuple):
        return chunks
    if not text:
        return ()
    if chunks is None:
        return tuple(_WORDS.findall(text)) or (text,)
    size = -(-len(text) // chunks)
    return tuple(text[at : at + size] for at in range(0, len(text), size))


def echo(body: Json) -> str:
    """The default answer: the last words of the user, said back."""
    said = body.get("messages") or body.get("input")
    messages: Sequence[object] = said if isinstance(said, list) else [{"role": "user", "content": said}]
    users = [one for one in messages if isinstance(one, dict) and one.get("role") == "user"]
    return f"You said: {text_of(users[-1].get('content')) if users else 'nothing'}"
