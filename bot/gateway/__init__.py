"""The gateway: one client, its values and its catalogue of models."""

from bot.gateway.audio import AudioClient
from bot.gateway.audio_values import Segment, Speech, SpeechRequest, Transcript, TranscriptRequest
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import Endpoint, GatewayClient, Patience
from bot.gateway.values import (
    ChatDelta,
    ChatEnd,
    ChatEvent,
    ChatImage,
    ChatMessage,
    ChatOptions,
    ChatRequest,
    Citation,
    Lesson,
    ModelSpec,
    Tool,
    ToolCall,
    Usage,
)

__all__ = [
    "AudioClient",
    "Catalogue",
    "ChatDelta",
    "ChatEnd",
    "ChatEvent",
    "ChatImage",
    "ChatMessage",
    "ChatOptions",
    "ChatRequest",
    "Citation",
    "Endpoint",
    "GatewayClient",
    "Lesson",
    "ModelSpec",
    "Patience",
    "Segment",
    "Speech",
    "SpeechRequest",
    "Tool",
    "ToolCall",
    "Transcript",
    "TranscriptRequest",
    "Usage",
]
