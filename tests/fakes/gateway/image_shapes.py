"""One picture in every shape in which a host may answer with it."""

import base64
from collections.abc import Callable, Mapping

from tests.fakes.gateway.behaviours import Json
from tests.fakes.gateway.drawn import ImageShape


class Hung:
    """A picture that is ready to be handed out, as base64 or by an address."""

    def __init__(self, data: bytes, media_type: str, url: str, text: str, revised_prompt: str | None) -> None:
        self.data = data
        self.media_type = media_type
        self.url = url
        self.text = text
        self.revised_prompt = revised_prompt

    @property
    def b64(self) -> str:
        """Its base64."""
        return base64.b64encode(self.data).decode()

    @property
    def data_url(self) -> str:
        """Its data URL."""
        return f"data:{self.media_type};base64,{self.b64}"

    def words(self, rest: str) -> str:
        """The words of the answer with the picture below them."""
        return f"{self.text}\n\n{rest}" if self.text else rest

    def blob(self, *, snake: bool = False) -> Json:
        """The part that holds it in Gemini's words."""
        names = ("inline_data", "mime_type") if snake else ("inlineData", "mimeType")
        return {names[0]: {names[1]: self.media_type, "data": self.b64}}

    def parts(self, part: Json) -> list[Json]:
        """A content of the words and this part."""
        return [{"type": "text", "text": self.text}, part] if self.text else [part]


def _data(hung: Hung, **item: object) -> Json:
    return {"created": 1_795_000_000, "data": [{**item, "revised_prompt": hung.revised_prompt}], "usage": _COST}


_COST = {"input_tokens": 12, "output_tokens": 1000, "total_tokens": 1012}

API: Mapping[ImageShape, Callable[[Hung], Json]] = {
    "b64": lambda hung: _data(hung, b64_json=hung.b64),
    "b64_prefixed": lambda hung: _data(hung, b64_json=hung.data_url),
    "url": lambda hung: _data(hung, url=hung.url),
    "data_url": lambda hung: _data(hung, url=hung.data_url),
    "b64_url_null": lambda hung: _data(hung, b64_json=hung.b64, url=None),
    "b64_url_empty": lambda hung: _data(hung, b64_json=hung.b64, url=""),
    "url_b64_null": lambda hung: _data(hung, b64_json=None, url=hung.url),
    "images": lambda hung: {"images": [{"url": hung.url}]},
    "results": lambda hung: {"output": {"task_id": "t-1", "results": [{"url": hung.url}]}, "request_id": "r-1"},
    "dashscope": lambda hung: {
        "output": {
            "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": [{"image": hung.url}]}}]
        },
        "request_id": "r-1",
    },
    "task": lambda hung: {"task_id": "task-9", "status": "queued"},
    "broken": lambda hung: _data(hung, b64_json="@@" + hung.b64[:40]),
    "nothing": lambda hung: {"created": 1_795_000_000, "data": []},
}
"""Bodies of the images API; `raw` is the picture itself."""

CHAT_MESSAGES: Mapping[ImageShape, Callable[[Hung], Json]] = {
    "message_images": lambda hung: {
        "content": hung.text,
        "images": [{"type": "image_url", "image_url": {"url": hung.data_url}}],
    },
    "message_images_url": lambda hung: {
        "content": hung.text,
        "images": [{"type": "image_url", "image_url": {"url": hung.url}}],
    },
    "message_images_plain": lambda hung: {"content": hung.text, "images": [hung.data_url]},
    "markdown": lambda hung: {"content": hung.words(f"![image]({hung.data_url})")},
    "markdown_url": lambda hung: {"content": hung.words(f"![image]({hung.url})")},
    "only_url": lambda hung: {"content": hung.url},
    "only_data": lambda hung: {"content": hung.data_url},
    "part_image_url": lambda hung: {"content": hung.parts({"type": "image_url", "image_url": {"url": hung.data_url}})},
    "part_output_image": lambda hung: {"content": hung.parts({"type": "output_image", "image_url": hung.data_url})},
    "part_inline": lambda hung: {"content": hung.parts(hung.blob())},
    "part_inline_snake": lambda hung: {"content": hung.parts(hung.blob(snake=True))},
    "multi_mod": lambda hung: {
        "content": hung.text,
        "multi_mod_content": [*([{"text": hung.text}] if hung.text else []), hung.blob(snake=True)],
    },
    "message_image": lambda hung: {"content": hung.text, "image": {"b64_json": hung.b64}},
    "broken": lambda hung: {"content": hung.words("![image](data:image/png;base64,@@@)")},
    "nothing": lambda hung: {"content": hung.text or None},
}
"""Messages of a chat."""


def native(hung: Hung, model: str, shape: ImageShape | None) -> Json:
    """The body in Gemini's own protocol."""
    blobs = [] if shape == "nothing" else [hung.blob(snake=shape == "native_snake")]
    parts = [*([{"text": hung.text}] if hung.text else []), *blobs]
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 6, "candidatesTokenCount": 1290, "totalTokenCount": 1296},
        "modelVersion": model,
    }
