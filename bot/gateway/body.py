"""What a call sends in one piece, JSON or a form, as bytes that know whether any of them has left; pure."""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

_SLICE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file part; the gateway checks that the ending of `name` matches the bytes."""

    name: str
    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form; a field and a file may come several times under one name."""

    fields: tuple[tuple[str, str], ...] = field(repr=False)
    files: tuple[tuple[str, FormFile], ...] = ()

    def names(self) -> set[str]:
        """The names of all its parts."""
        return {name for name, _ in self.fields} | {name for name, _ in self.files}


Body = Mapping[str, object] | Form


def without(body: Body, left_out: Collection[str]) -> Body:
    """The body without these fields; files stay."""
    if isinstance(body, Form):
        return Form(tuple(each for each in body.fields if each[0] not in left_out), body.files)
    return {name: value for name, value in body.items() if name not in left_out}


def with_model(body: Body, wire_id: str) -> Body:
    """The body with the model in front."""
    if isinstance(body, Form):
        return Form((("model", wire_id), *body.fields), body.files)
    return {"model": wire_id, **body}


def encode(body: Body) -> tuple[bytes, str]:
    """The bytes and their content type."""
    if not isinstance(body, Form):
        return _utf8(json.dumps(body, ensure_ascii=False, separators=(",", ":"))), "application/json"
    fields: dict[str, list[bytes]] = {}
    for name, value in body.fields:
        fields.setdefault(name, []).append(_utf8(value))
    files = [(name, (_utf8(file.name).decode(), file.content, file.media_type)) for name, file in body.files]
    form = httpx.Request("POST", "http://form", data=fields, files=files)
    return form.read(), form.headers["Content-Type"]


def _utf8(text: str) -> bytes:
    """A lone half of a surrogate pair, which chat platforms do let through, has no UTF-8."""
    return text.encode("utf-8", "replace")


class Outgoing(httpx.AsyncByteStream):
    """Bytes on their way. `begun` says that the connection stood: from then on the gateway may have acted."""

    def __init__(self, content: bytes) -> None:
        self.begun = False
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.begun = True
        for at in range(0, len(self._content), _SLICE):
            yield self._content[at : at + _SLICE]
