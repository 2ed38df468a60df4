"""What Parley says exists in every language, whole and fresh."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from bot import errors
from bot.errors import Notice
from bot.words import FOLDER, Words

SOURCES = [*Path("bot").rglob("*.py"), *Path("adapters").rglob("*.py")]
ID = re.compile(r"^[a-z]+(-[a-z]+)+$")


def catalogue(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "parley.po").open("rb") as file:
        return read_po(file)


def ids(language: str) -> set[str]:
    return {str(message.id) for message in catalogue(language) if message.id}


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def said_in_source() -> Iterator[str]:
    """Every literal that is the first argument of a call or an attribute by which texts are named."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in {"Notice", "BadOption", "text"} and ID.match(str(node.args[0].value)):
                    yield str(node.args[0].value)


def test_both_languages_say_the_same_things() -> None:
    assert ids("en") == ids("zh_CN")


def test_no_text_is_empty_or_marked_as_doubtful() -> None:
    for language in ("en", "zh_CN"):
        for message in catalogue(language):
            assert message.string, f"{language}: {message.id}"
            assert not message.fuzzy or not message.id


def test_translations_take_the_same_parameters() -> None:
    chinese = {str(message.id): str(message.string) for message in catalogue("zh_CN")}
    for message in catalogue("en"):
        if message.id:
            assert parameters(str(message.string)) == parameters(chinese[str(message.id)]), message.id


def test_everything_that_the_code_says_is_in_the_catalogues() -> None:
    said = set(said_in_source())
    assert len(said) > 20, "the search itself must find something"
    assert said <= ids("en"), said - ids("en")


def test_every_error_has_words() -> None:
    for name in dir(errors):
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, errors.BotError):
            assert kind.notice_id in ids("en"), name


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_compiled_catalogues_are_fresh(language: str) -> None:
    with (FOLDER / language / "LC_MESSAGES" / "parley.mo").open("rb") as file:
        compiled = {str(message.id): message.string for message in read_mo(file) if message.id}
    assert compiled == {str(message.id): message.string for message in catalogue(language) if message.id}, (
        "make catalogues"
    )


@pytest.mark.parametrize(
    ("locale", "tag"),
    [("en-US", "en"), ("zh-CN", "zh-CN"), ("zh-TW", "zh-CN"), ("zh_CN.UTF-8", "zh-CN"), ("fr", "en"), (None, "en")],
)
def test_a_reader_gets_the_nearest_language(locale: str | None, tag: str) -> None:
    assert Words.load().nearest(locale) == tag


def test_the_default_language_is_for_people_whose_own_is_unknown() -> None:
    words = Words.load("zh-CN")
    assert words.text("command-ask", None) == words.text("command-ask", "zh-CN")
    assert words.text("command-ask", "en-GB") == "Ask a question"


def test_a_notice_is_filled_in() -> None:
    said = Words.load().say(Notice("gateway-busy-until", {"model": "grok-4", "seconds": 7}), "en")
    assert "grok-4" in said
    assert "7 seconds" in said


def test_an_unknown_id_is_shown_instead_of_nothing() -> None:
    assert Words.load().text("no-such-thing", "en") == "no-such-thing"
