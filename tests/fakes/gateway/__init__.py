"""A strict OpenAI-compatible gateway on a loopback socket, in a test or as a process of its own."""

from tests.fakes.gateway.behaviours import (
    EMPTY_BODY,
    HTML_502,
    TRUNCATED_JSON,
    Answer,
    Behaviour,
    Broken,
    Cut,
    Dialect,
    Fail,
    Gibberish,
    Hang,
    NoFinish,
    Raw,
    Reset,
    Source,
    Stall,
    ToolCall,
    Whole,
)
from tests.fakes.gateway.drawn import Drawn
from tests.fakes.gateway.server import TOKEN, FakeGateway, SeenRequest
from tests.fakes.gateway.sounds import Heard, Voiced

__all__ = [
    "EMPTY_BODY",
    "HTML_502",
    "TOKEN",
    "TRUNCATED_JSON",
    "Answer",
    "Behaviour",
    "Broken",
    "Cut",
    "Dialect",
    "Drawn",
    "Fail",
    "FakeGateway",
    "Gibberish",
    "Hang",
    "Heard",
    "NoFinish",
    "Raw",
    "Reset",
    "SeenRequest",
    "Source",
    "Stall",
    "ToolCall",
    "Voiced",
    "Whole",
]
