"""What a call brings in: a JSON object or a form with files, within bounds."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import MultiDict

from bot.local.faults import BadRequest

FILE_LIMIT = 25 * 1024**2
_AROUND = 1024**2  # what the other fields and the form itself may take


@dataclass(frozen=True, slots=True)
class Form:
    """The texts of a form, and the first file under each name."""

    texts: MultiDict[str]
    files: Mapping[str, bytes]


async def read_object(request: web.Request) -> Mapping[str, Any]:
    """The body as a JSON object. Raises `BadRequest`."""
    try:
        body = await request.json()
    except ValueError:  # also of what is no UTF-8
        raise BadRequest("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


async def read_form(request: web.Request) -> Form:
    """The fields of a form. Raises `BadRequest`, and aiohttp's own error for one that is too large."""
    if request.content_type != "multipart/form-data":
        raise BadRequest("the body must be multipart/form-data")
    try:
        fields = await request.clone(client_max_size=FILE_LIMIT + _AROUND).post()
    except (ValueError, AssertionError):
        raise BadRequest("the form cannot be read") from None
    return await asyncio.to_thread(_taken, fields.items())


def file(form: Form, *names: str) -> bytes:
    """The file of the first of these names. Raises `BadRequest`, and aiohttp's own error for one that is too large."""
    content = next((form.files[name] for name in names if name in form.files), None)
    if content is None:
        raise BadRequest(f"{names[0]} must be a file part with a file name", names[0])
    if not content:
        raise BadRequest(f"{names[0]} is empty", names[0])
    if len(content) > FILE_LIMIT:
        raise web.HTTPRequestEntityTooLarge(FILE_LIMIT, len(content))
    return content


def text(fields: Mapping[str, Any], name: str, default: str | None = None, *, most: int) -> str:
    """A text among the fields, which may be missing only where there is a default. Raises `BadRequest`."""
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{name} must be a text", name)
    if len(value) > most:
        raise BadRequest(f"{name} is longer than {most} characters", name)
    return value


def choice(fields: Mapping[str, Any], name: str, default: str, among: Mapping[str, object]) -> str:
    """One word of several. Raises `BadRequest`."""
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or value not in among:
        raise BadRequest(f"{name} must be one of {', '.join(among)}", name)
    return value


def model(fields: Mapping[str, Any], *ours: str) -> None:
    """Raises `BadRequest` for any model but ours."""
    if fields.get("model") not in ours:
        raise BadRequest(f"the only model for this here is {ours[0]}", "model")


def written_number(form: Form, name: str) -> float | None:
    """A field of a form as a number. Raises `BadRequest`."""
    value = form.texts.get(name)
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        raise BadRequest(f"{name} must be a number", name) from None


def _taken(fields: Iterable[tuple[str, object]]) -> Form:
    """Every file is read and closed, wanted or not: all together they are within the bounds of the body."""
    texts, files = MultiDict[str](), dict[str, bytes]()
    for name, value in fields:
        if isinstance(value, web.FileField):
            with value.file:
                files.setdefault(name, value.file.read())
        else:
            texts.add(name, str(value))
    return Form(texts, files)
