"""What an installation says when a platform lacks packages."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parent.parent / "requirements" / "install.py"


@pytest.fixture
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("parley_install", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("lacking", "said", "unsaid"),
    [
        ((), (), ("left out", "TOKENGATE")),
        (("speech",), ("voice for spoken answers", "gateway's models"), ("no model to answer", "demonstration")),
        (("hearing", "speech"), ("voice notes", "spoken answers"), ("no model to answer",)),
        (("chat",), ("demonstration model", "no model to answer"), ("voice notes", "spoken")),
    ],
)
def test_a_missing_part_is_named_and_the_others_are_installed(
    install: ModuleType,
    lacking: tuple[str, ...],
    said: tuple[str, ...],
    unsaid: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def pip(_python: Path, *words: str) -> bool:
        asked.append(words[-1])
        return not any(words[-1].endswith(f"local-{part}.txt") for part in lacking)

    monkeypatch.setattr(install, "_pip", pip)
    assert install._install(Path("python"), "run") == 0
    assert [Path(name).name for name in asked[-3:]] == ["local-chat.txt", "local-hearing.txt", "local-speech.txt"]
    told = capsys.readouterr().out
    assert all(words in told for words in said)
    assert not any(words in told for words in unsaid)
