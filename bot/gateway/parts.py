"""What replies and stream events are made of, in every vendor's spelling: text, thought, usage, sources; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from bot.gateway.calls import CallPiece
from bot.gateway.shapes import count, rows, table, words
from bot.gateway.values import Citation, Usage

_THOUGHTS: Final = frozenset({"thinking", "reasoning", "reasoning_text", "summary_text"})
_REFERRAL: Final = "utm_source=openai"


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event or one whole reply adds.

    `finish` is the vendor's word, empty while it goes on. `whole` says that it repeats all that came before.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    finish: str = ""
    usage: Usage | None = None
    citations: tuple[Citation, ...] = ()
    model: str = ""
    whole: bool = False
    calls: tuple[CallPiece, ...] = ()


def content(value: object) -> Piece:
    """The content of a message: a string, nothing, or an array of parts, of which only words are taken."""
    if isinstance(value, str):
        return Piece(text=value)
    text = reasoning = refusal = ""
    citations: list[Citation] = []
    for part in rows(value):
        if isinstance(part, str):
            text += part
            continue
        found = table(part)
        if found.get("type") in _THOUGHTS:
            reasoning += thought_words(found)
        else:
            citations += (shifted(each, len(text)) for each in annotations(found.get("annotations")))
            text += words(found.get("text"))
            refusal += words(found.get("refusal"))
    return Piece(text, reasoning, refusal, citations=tuple(citations))


def thought_words(found: Mapping[str, object]) -> str:
    """The words of a thought: under `text`, `thinking`, `summary` or `content`, flat or as parts."""
    for name in ("text", "thinking", "summary", "content"):
        value = found.get(name)
        flat = words(value) or "".join(words(table(part).get("text")) for part in rows(value))
        if flat:
            return flat
    return ""


def reasoning(message: Mapping[str, object]) -> str:
    """The thought of a message or delta; the first spelling that has words, since some hosts send two."""
    for name in ("reasoning_content", "reasoning"):
        value = message.get(name)
        if isinstance(value, str) and value:
            return value
    return "".join(thought_words(table(detail)) for detail in rows(message.get("reasoning_details")))


def usage(value: object) -> Usage | None:
    """The count of tokens; None where there is none or all of it is zero.

    Anthropic counts the cached part beside the prompt, xAI may count thought beside the completion, DeepSeek may
    give hit and miss alone: all are brought to the one rule that the parts are inside.
    """
    found = table(value)
    if not found:
        return None
    inside = table(found.get("prompt_tokens_details")) or table(found.get("input_tokens_details"))
    outside = count(found.get("cache_read_input_tokens"))
    hit = count(found.get("prompt_cache_hit_tokens"))
    cached = count(inside.get("cached_tokens")) or hit or outside
    details = table(found.get("completion_tokens_details")) or table(found.get("output_tokens_details"))
    thought = count(details.get("reasoning_tokens")) or count(found.get("reasoning_tokens"))
    prompt = count(found.get("prompt_tokens")) or count(found.get("input_tokens"))
    prompt += (outside + count(found.get("cache_creation_input_tokens"))) if "prompt_tokens" not in found else 0
    prompt = prompt or hit + count(found.get("prompt_cache_miss_tokens"))
    completion = count(found.get("completion_tokens")) or count(found.get("output_tokens"))
    if thought and count(found.get("total_tokens")) == prompt + completion + thought:
        completion += thought
    return Usage(prompt, completion, thought, cached) if prompt or completion else None


def annotations(value: object) -> Iterator[Citation]:
    """Sources as OpenAI writes them, nested (chat) or flat (responses)."""
    for each in rows(value):
        outer = table(each)
        found = table(outer.get("url_citation")) or outer
        citation = _citation(found)
        if citation and outer.get("type", "url_citation") == "url_citation":
            yield citation


def sources(value: object) -> Iterator[Citation]:
    """Sources as xAI writes them: bare addresses at top level; some hosts put objects there."""
    for each in rows(value):
        citation = _citation({"url": each} if isinstance(each, str) else table(each))
        if citation:
            yield citation


def shifted(citation: Citation, by: int) -> Citation:
    """The same source with its place counted from a text that begins so many characters earlier."""
    if citation.start is None or citation.end is None:
        return citation
    return replace(citation, start=citation.start + by, end=citation.end + by)


def _citation(found: Mapping[str, object]) -> Citation | None:
    url = _clean(words(found.get("url")))
    if not url:
        return None
    start, end = found.get("start_index"), found.get("end_index")
    known = isinstance(start, int) and isinstance(end, int)
    title = words(found.get("title")).strip()
    return Citation(url, title, count(start), count(end)) if known else Citation(url, title)


def _clean(url: str) -> str:
    """The address without the referral that OpenAI adds; empty where it is no web address."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    query = "&".join(pair for pair in parts.query.split("&") if pair != _REFERRAL)
    return urlunsplit(parts._replace(query=query))
