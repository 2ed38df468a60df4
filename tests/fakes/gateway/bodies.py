"""What came in: JSON or a form."""

import json

from aiohttp import web

from tests.fakes.gateway.behaviours import Json
from tests.fakes.gateway.image_fields import Sheet, read_sheet
from tests.fakes.gateway.refusals import refuse, table


async def read_body(request: web.Request) -> Json | Sheet:
    """The body, or a refusal."""
    if request.content_type != "multipart/form-data":
        return await _json(request)
    if "boundary=" not in request.headers["Content-Type"]:
        refuse("no multipart boundary param in Content-Type", None, None)
    return await read_sheet(request)


async def _json(request: web.Request) -> Json:
    if request.content_type != "application/json":
        refuse(f"Unsupported content type: {request.content_type}.", None, "unsupported_media_type", status=415)
    try:
        return table(json.loads(await request.text()), "body")
    except web.HTTPRequestEntityTooLarge:
        refuse("Request body too large.", None, "read_request_body_failed", status=413)
    except ValueError:
        refuse("We could not parse the JSON body of your request.", None, None)
