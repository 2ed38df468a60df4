"""What each model of the catalogue takes and refuses upstream."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.gateway.behaviours import ThoughtPlace

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
_CATALOGUE = Path(__file__).parents[3] / "bot" / "gateway" / "models.toml"

_NEVER = frozenset({"n", "seed", "logprobs", "top_logprobs", "logit_bias", "functions", "function_call"})
_PENALTIES = frozenset({"presence_penalty", "frequency_penalty"})
_SAMPLING = frozenset({"temperature", "top_p"}) | _PENALTIES
_TOOLS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})
_THINKING: Mapping[str, frozenset[str]] = {
    "deepseek": frozenset({"thinking", "enable_thinking", "chat_template_kwargs"}),
    "qwen": frozenset({"enable_thinking", "chat_template_kwargs"}),
    "minimax": frozenset({"reasoning_split"}),
}
_ALL_THINKING = frozenset().union(*_THINKING.values())


@dataclass(frozen=True, slots=True)
class Rules:
    """One model; the names and defaults are the catalogue's own."""

    id: str
    vendor: str
    capability: tuple[str, ...]
    context: int | None = None
    max_output: int | None = None
    endpoint: str = CHAT
    endpoint_alt: str | None = None
    streaming: bool = True
    tools: bool = True
    image_input: bool = False
    audio_input: bool = False
    file_input: bool = False
    reasoning: bool = False
    temperature: str = "any"
    temperature_max: float = 2.0
    token_param: str = "max_tokens"

    @property
    def chats(self) -> bool:
        """The chat endpoint knows the model, even if only to send the caller elsewhere."""
        return self.endpoint == CHAT

    @property
    def draws(self) -> bool:
        """It makes or alters pictures."""
        return bool({"image", "image-edit"} & set(self.capability))

    @property
    def responses_only(self) -> bool:
        """The chat endpoint refuses the model."""
        return self.endpoint_alt == RESPONSES

    @property
    def thinks_in(self) -> ThoughtPlace | None:
        """Where the model shows its thought unasked, None where it hides it."""
        if self.vendor == "minimax":
            return "think"
        return "reasoning_content" if self.reasoning and self.vendor in ("deepseek", "xai") else None

    @property
    def refused(self) -> frozenset[str]:
        """Fields of the chat endpoint that the model refuses whatever their value."""
        return _NEVER | self._sampling | self._reasoning | self._extras

    @property
    def _sampling(self) -> frozenset[str]:
        refused = _SAMPLING if self.temperature == "drop" else frozenset()
        if self.reasoning and self.vendor in ("openai", "xai"):
            refused |= _PENALTIES | {"stop"}
        return refused | ({"max_tokens"} if self.token_param == "max_completion_tokens" else frozenset())

    @property
    def _reasoning(self) -> frozenset[str]:
        refused = _ALL_THINKING - _THINKING.get(self.vendor, frozenset())
        if not self.reasoning or self.vendor == "xai":
            refused |= {"reasoning_effort"}
        return refused if self.vendor == "openai" else refused | {"verbosity", "parallel_tool_calls"}

    @property
    def _extras(self) -> frozenset[str]:
        refused = frozenset() if self.tools else _TOOLS
        refused |= frozenset() if "search" in self.capability else {"web_search_options"}
        return refused if "image" in self.capability else refused | {"modalities", "image_config"}


def catalogue() -> dict[str, Rules]:
    """Every model by its id, as the shipped catalogue describes it."""
    document = tomllib.loads(_CATALOGUE.read_text("utf-8"))
    names = Rules.__dataclass_fields__.keys()
    tables = [document["defaults"] | table for table in document["model"]]
    return {table["id"]: Rules(**{name: table[name] for name in names if name in table}) for table in tables}
