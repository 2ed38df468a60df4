"""How the fake gateway may hand out a picture: a value for `FakeGateway.script`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ImageShape = Literal[
    "b64",
    "b64_prefixed",
    "url",
    "data_url",
    "b64_url_null",
    "b64_url_empty",
    "url_b64_null",
    "raw",
    "images",
    "results",
    "dashscope",
    "task",
    "broken",
    "nothing",
    "message_images",
    "message_images_url",
    "message_images_plain",
    "markdown",
    "markdown_url",
    "only_url",
    "only_data",
    "part_image_url",
    "part_output_image",
    "part_inline",
    "part_inline_snake",
    "multi_mod",
    "message_image",
    "native",
    "native_snake",
]
"""Where the picture stands; each is known to one of the doors, a few to several."""

Link = Literal["own", "expired"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture in the colour of its prompt.

    `shape` None is what the door does by itself. `link` is what an address leads to: the picture at the gateway's
    own address, nothing any more, or any other address. `streamed` answers as an event stream, asked or not, its
    words in pieces of so many characters. `hold` is awaited before the answer.
    """

    shape: ImageShape | None = None
    text: str = ""
    revised_prompt: str | None = None
    form: Literal["PNG", "JPEG", "WEBP", "GIF"] = "PNG"
    link: Link | str = "own"
    streamed: int | None = None
    finish: str = "stop"
    hold: asyncio.Event | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
