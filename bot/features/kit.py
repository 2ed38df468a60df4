"""What every feature is handed: the shared objects and the defaults of this installation."""

from dataclasses import dataclass, field
from pathlib import Path

from bot.contract import Origin
from bot.errors import BadOption
from bot.features.sights import Sights
from bot.files import Blobs, Door
from bot.gateway.audio import AudioClient
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import GatewayClient
from bot.gateway.images import ImageClient
from bot.gateway.values import ModelSpec
from bot.media.studio import Studio
from bot.model import Choice
from bot.store import Store
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where nobody has chosen. Sizes in tokens and messages.

    `catch_up_s` is how old a question may be that was asked while nobody listened;
    `answer_bots` lets other programs ask. `most_file` is how many bytes of a file are taken in. A model may have
    tools used `tool_rounds` times for one answer, 0 keeps them from it. Where a model for a craft is None it is the
    first that the catalogue has.
    """

    model: str
    persona: str | None = None
    fallback_model: str | None = None
    history_tokens: int = 16_000
    history_messages: int = 40
    max_output_tokens: int | None = None
    catch_up_s: float = 3600.0
    answer_bots: bool = False
    transcript_model: str | None = None
    speech_model: str | None = None
    picture_model: str | None = None
    edit_model: str | None = None
    most_file: int = 100_000_000
    tool_rounds: int = 5


@dataclass(frozen=True, slots=True)
class Workshop:
    """What works on files: the door that fetches them, the folder that keeps them, who decodes them, the models.

    `folder` is for what is in the making, on the same disk as the blobs.
    """

    door: Door
    blobs: Blobs
    studio: Studio
    audio: AudioClient
    images: ImageClient
    folder: Path
    sights: Sights = field(default_factory=Sights)


@dataclass(frozen=True, slots=True)
class Kit:
    """The tools of a feature. `gateway` is None where neither a gateway nor the embedded backend is there.

    Without a `workshop` files are left unread and none are made.
    """

    store: Store
    catalogue: Catalogue
    gateway: GatewayClient | None
    words: Words = field(repr=False)
    defaults: Defaults
    workshop: Workshop | None = None

    def craft(self, capability: str, wanted: str | None, chosen: str | None) -> ModelSpec:
        """The model for a craft (`stt`, `tts`, `image`, `image-edit`): the wanted one, the chosen one, or the first.

        Raises `BadOption` where there is no such model.
        """
        able = {spec.id: spec for spec in self.catalogue.having(capability)}
        name = wanted or chosen or next((id_ for id_ in able if self.catalogue.available(id_)), next(iter(able), ""))
        spec = self.catalogue.get(name)
        if spec is None or spec.id not in able:
            near = ", ".join(f"`{id_}`" for id_ in able)
            raise BadOption("no-such-craft" if near else "no-craft", model=name, near=near)
        return spec

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
