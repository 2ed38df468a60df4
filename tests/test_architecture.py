"""The import walls: who may know whom, read from the code itself."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SDKS = ("slack_sdk", "slack_bolt", "discord")
FLOORS: tuple[tuple[str, ...], ...] = (
    ("bot.__main__",),
    ("bot.cli",),
    ("bot.app",),
    ("bot.crew", "bot.backend"),
    ("bot.web", "bot.supervise", "bot.host", "bot.embedded"),
    ("bot.engine",),
    ("bot.answering",),
    ("bot.steering", "bot.catching_up", "bot.picking_up", "bot.endings", "bot.programs", "bot.saving", "bot.serving"),
    ("bot.telling",),
    ("bot.features",),
    ("bot.turn",),
    ("bot.prompt",),
    ("bot.reply", "bot.runner", "bot.store", "bot.gateway", "bot.files"),
    ("bot.model", "bot.gateway.values"),
    ("bot.made",),
    ("bot.settings", "bot.text", "bot.words", "bot.budget", "bot.logs", "bot.patience", "bot.media", "bot.guard"),
    ("bot.kinds",),
    ("bot.contract", "bot.errors"),
)
"""From the roof down; an import goes to a lower floor, or stays within one package."""


def modules(folder: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, path


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def floor(name: str) -> tuple[int, str] | None:
    found = [(number, each) for number, packages in enumerate(FLOORS) for each in packages if within(name, each)]
    return max(found, key=lambda place: len(place[1]), default=None)


BOT = list(modules("bot"))
ADAPTERS = list(modules("adapters"))


@pytest.mark.parametrize(("name", "path"), BOT, ids=[name for name, _ in BOT])
def test_the_core_knows_no_platform(name: str, path: Path) -> None:
    strangers = {each for each in imports(path) for wall in ("adapters", *SDKS) if within(each, wall)}
    assert not strangers


@pytest.mark.parametrize(("name", "path"), ADAPTERS, ids=[name for name, _ in ADAPTERS])
def test_an_adapter_knows_the_contract_and_itself(name: str, path: Path) -> None:
    own = ".".join(name.split(".")[:2])
    for each in imports(path):
        if within(each, "bot"):
            assert within(each, "bot.contract") or within(each, "bot.errors"), each
        if within(each, "adapters"):
            assert within(each, own) or each == "adapters", each


@pytest.mark.parametrize(("name", "path"), BOT, ids=[name for name, _ in BOT])
def test_imports_of_the_core_point_down(name: str, path: Path) -> None:
    if within(name, "bot.local") or name == "bot":
        return
    here = floor(name)
    assert here is not None, f"{name} stands on no floor: add it to the drawing in docs/architecture.md and here"
    for each in imports(path):
        there = floor(each)
        if there is not None and there[1] != here[1]:
            assert there[0] > here[0], f"{name} imports {each}"


@pytest.mark.parametrize("package", ["bot.contract", "bot.errors", "bot.kinds"])
def test_what_everybody_knows_is_standard_library_only(package: str) -> None:
    for name, path in BOT:
        if within(name, package):
            for each in imports(path):
                assert within(each, package) or each.partition(".")[0] in sys.stdlib_module_names, f"{name}: {each}"


@pytest.mark.parametrize("extra", ["bot.runner.distributed", "bot.runner.jobs", "bot.store.postgres"])
def test_what_an_extra_brings_is_loaded_by_name_alone(extra: str) -> None:
    for name, path in BOT:
        if name not in ("bot.runner.distributed", "bot.runner.jobs", "bot.store.postgres"):
            assert not any(within(each, extra) for each in imports(path)), f"{name} imports {extra}"


def test_the_embedded_backend_is_imported_by_nobody_and_imports_nobody() -> None:
    for name, path in [*BOT, *ADAPTERS]:
        for each in imports(path):
            if within(name, "bot.local"):
                assert not within(each, "bot") or within(each, "bot.local"), f"{name} imports {each}"
            else:
                assert not within(each, "bot.local"), f"{name} imports {each}"


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("httpx", ("bot.gateway", "bot.files")),
        ("sqlalchemy", ("bot.store", "bot.runner")),
        ("procrastinate", ("bot.runner.distributed", "bot.runner.jobs", "bot.runner.steadfast")),
        ("psycopg", ("bot.runner.distributed", "bot.runner.jobs", "bot.runner.steadfast")),
    ],
)
def test_a_library_has_its_home(library: str, homes: tuple[str, ...]) -> None:
    for name, path in BOT:
        if any(within(each, library) for each in imports(path)):
            assert any(within(name, home) for home in homes), f"{name} imports {library}"


@pytest.mark.parametrize(("name", "path"), [*BOT, *ADAPTERS], ids=[name for name, _ in [*BOT, *ADAPTERS]])
def test_no_import_hides_in_a_function_or_under_a_condition(name: str, path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If):
            hidden = [each for each in ast.walk(node) if isinstance(each, ast.Import | ast.ImportFrom)]
            assert not hidden, f"{name}:{hidden[0].lineno}"
