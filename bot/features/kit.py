"""What every feature is handed: the shared objects and the defaults of this installation."""

from dataclasses import dataclass, field

from bot.contract import Origin
from bot.errors import BadOption
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import GatewayClient
from bot.gateway.values import ModelSpec
from bot.model import Choice
from bot.store import Store
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where nobody has chosen. Sizes in tokens and messages.

    `catch_up_s` is how old a question may be that was asked while nobody listened;
    `answer_bots` lets other programs ask.
    """

    model: str
    persona: str | None = None
    fallback_model: str | None = None
    history_tokens: int = 16_000
    history_messages: int = 40
    max_output_tokens: int | None = None
    catch_up_s: float = 3600.0
    answer_bots: bool = False


@dataclass(frozen=True, slots=True)
class Kit:
    """The tools of a feature. `gateway` is None where neither a gateway nor the embedded backend is there."""

    store: Store
    catalogue: Catalogue
    gateway: GatewayClient | None
    words: Words = field(repr=False)
    defaults: Defaults

    def model(self, choice: Choice) -> ModelSpec:
        """The model of a conversation. Raises `BadOption` when the catalogue has lost it."""
        name = choice.model or self.defaults.model
        spec = self.catalogue.get(name)
        if spec is None:
            raise BadOption("unknown-model", model=name)
        return spec

    def persona(self, choice: Choice, origin: Origin) -> str:
        """The system prompt of a conversation; the default one is in the asker's language."""
        return choice.persona or self.defaults.persona or self.words.text("persona-default", origin.locale)
