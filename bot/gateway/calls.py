"""The tools that a reply calls, put together from the pieces in which they come; pure but for the ids that it makes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from bot.gateway.shapes import Undecodable, parse, rows, table, words
from bot.gateway.values import ToolCall

_CHAT: Final = frozenset({"index", "id", "type", "function"})
_FUNCTION: Final = frozenset({"name", "arguments"})
_ITEM: Final = frozenset({"type", "id", "call_id", "name", "arguments", "status"})


@dataclass(frozen=True, slots=True)
class CallPiece:
    """What one event says about a call.

    `place` tells the calls of a reply apart, None where the gateway leaves it out. The arguments are to be appended,
    or, if `whole`, they are all of them.
    """

    place: int | str | None
    id: str = ""
    name: str = ""
    arguments: str = ""
    more: Mapping[str, object] = field(default_factory=dict)
    whole: bool = False


@dataclass(slots=True)
class _Draft:
    place: int | str | None
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    more: dict[str, object] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """The arguments are a JSON object already: nothing can follow."""
        try:
            return isinstance(parse("".join(self.arguments)), dict)
        except Undecodable:
            return False

    def take(self, piece: CallPiece) -> None:
        self.id = self.id or piece.id
        self.name = self.name or piece.name
        self.more.update(piece.more)
        if piece.whole and piece.arguments:
            self.arguments = [piece.arguments]
        elif not piece.whole:
            self.arguments.append(piece.arguments)


class Calls:
    """The calls of one reply, in the order in which they began."""

    def __init__(self) -> None:
        self._drafts: list[_Draft] = []

    def __bool__(self) -> bool:
        return any(draft.name for draft in self._drafts)

    def take(self, piece: CallPiece) -> None:
        """One piece more."""
        draft = self._place(piece)
        if draft is None or _begins(piece, draft):
            draft = _Draft(piece.place)
            self._drafts.append(draft)
        draft.take(piece)

    def done(self) -> tuple[ToolCall, ...]:
        """All that have a name, each with an id of its own."""
        calls: dict[str, ToolCall] = {}
        for draft in self._drafts:
            if draft.name:
                id = draft.id if draft.id and draft.id not in calls else f"call_{uuid4().hex[:20]}"
                calls[id] = ToolCall(id, draft.name, "".join(draft.arguments), draft.more)
        return tuple(calls.values())

    def _place(self, piece: CallPiece) -> _Draft | None:
        """The newest call that the piece may belong to."""
        newest = reversed(self._drafts)
        if piece.place is not None:
            return next((draft for draft in newest if draft.place == piece.place), None)
        if piece.id:
            return next((draft for draft in newest if draft.id == piece.id), None)
        return next(newest, None)


def _begins(piece: CallPiece, draft: _Draft) -> bool:
    """A new call at the place of an old one: some gateways put all of them at place 0, some without ids.

    Only what has a name can begin; ids alone say nothing, since some gateways make a new one for each piece.
    """
    if not piece.name or not draft.name:
        return False
    if piece.id and draft.id:
        return piece.id != draft.id
    if piece.whole:
        return False
    return piece.name != draft.name or (bool(piece.arguments) and draft.complete)


def chat_calls(value: object, *, whole: bool) -> tuple[CallPiece, ...]:
    """The `tool_calls` of a delta, or of a whole message, where each entry is a call of its own."""
    return tuple(_chat_call(table(each), place if whole else None) for place, each in enumerate(rows(value)))


def response_call(item: Mapping[str, object], place: object, *, whole: bool) -> CallPiece:
    """An output item that calls a function, from the responses endpoint."""
    return CallPiece(
        place if isinstance(place, int | str) else words(item.get("id")) or None,
        words(item.get("call_id")),
        words(item.get("name")).strip(),
        _arguments(item.get("arguments")),
        _unknown(item, _ITEM),
        whole,
    )


def _chat_call(found: Mapping[str, object], place: int | None) -> CallPiece:
    function, index = table(found.get("function")), found.get("index")
    arguments = function.get("arguments")
    more, inner = _unknown(found, _CHAT), _unknown(function, _FUNCTION)
    return CallPiece(
        index if place is None and isinstance(index, int) else place,
        words(found.get("id")),
        words(function.get("name")).strip(),
        _arguments(arguments),
        {**more, "function": inner} if inner else more,
        whole=isinstance(arguments, dict),
    )


def _arguments(value: object) -> str:
    """Some hosts give the object itself instead of its JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else words(value)


def _unknown(found: Mapping[str, object], known: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in found.items() if name not in known and value is not None}
