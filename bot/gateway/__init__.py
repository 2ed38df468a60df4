"""The gateway: one client, its values and its catalogue of models."""

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
    "Tool",
    "ToolCall",
    "Usage",
]
