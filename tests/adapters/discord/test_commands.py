"""The command table as Discord's payloads."""

from collections.abc import Sequence
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.commands import choices, discord_locale, payload, same
from bot.contract import Command, Option
from tests.adapters.discord.stage import MODELS, TABLE
from tests.fakes.discord.commands import check_all

ASK, MODEL = TABLE


def test_a_command_is_described_in_every_language_that_discord_has() -> None:
    shown = payload(ASK)
    assert shown["description"] == "Ask something"
    assert shown["description_localizations"] == {"zh-CN": "提问"}
    assert shown["options"][0]["description_localizations"] == {"zh-CN": "问题"}


def test_required_options_come_first_as_discord_demands() -> None:
    summary = {"en": "x"}
    command = Command("draw", summary, (Option("size", summary), Option("what", summary, required=True)))
    assert [option["name"] for option in payload(command)["options"]] == ["what", "size"]
    check_all([payload(command)])


def test_where_a_command_may_be_used_is_left_to_the_application() -> None:
    assert payload(ASK).keys().isdisjoint({"contexts", "integration_types", "default_member_permissions"})


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("en", None),
        ("zh", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh_CN", "zh-CN"),
        ("zh-Hans-SG", "zh-CN"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh-TW", "zh-TW"),
        ("de", "de"),
        ("de-AT", "de"),
        ("pt", "pt-BR"),
        ("en-GB", "en-GB"),
        ("tlh", None),
    ],
)
def test_a_language_becomes_the_nearest_locale(tag: str, locale: str | None) -> None:
    assert discord_locale(tag) == locale


@given(st.sampled_from([locale.value for locale in discord.Locale]))
def test_discords_own_locales_are_their_own_nearest(locale: str) -> None:
    assert discord_locale(locale) == locale


def test_what_discord_adds_and_leaves_out_makes_no_difference() -> None:
    added = {"id": "1", "version": "2", "nsfw": False, "default_member_permissions": None, "contexts": None}
    registered = [_without_nothings(payload(command)) | added for command in reversed(TABLE)]
    assert same([payload(command) for command in TABLE], registered)


def _without_nothings(command: dict[str, Any]) -> dict[str, Any]:
    options = [{key: value for key, value in option.items() if value} for option in command["options"]]
    return {key: value for key, value in command.items() if value} | {"options": options}


@pytest.mark.parametrize(
    "other",
    [
        (ASK,),
        (*TABLE, Command("new", {"en": "Start afresh"})),
        (Command("ask", {"en": "Ask something", "zh": "提问！"}, ASK.options), MODEL),
        (Command("ask", {"en": "Ask something else", "zh": "提问"}, ASK.options), MODEL),
        (ASK, Command("model", {"en": "Choose a model"}, (Option("name", {"en": "A model"}),), private=True)),
        (Command("ask", ASK.summary, (Option("question", ASK.options[0].summary),)), MODEL),
    ],
)
def test_every_difference_is_seen(other: Sequence[Command]) -> None:
    assert not same([payload(command) for command in other], [payload(command) for command in TABLE])


def test_an_option_is_completed_from_memory() -> None:
    assert choices(MODEL, "name", "gpt") == ["gpt-5.4", "gpt-5.4-mini"]
    assert choices(MODEL, "name", "") == list(MODELS)
    assert choices(MODEL, "other", "") == []
    assert choices(ASK, "question", "") == []
    assert choices(None, "name", "") == []


def test_what_discord_would_refuse_is_not_suggested() -> None:
    many = Option("name", {"en": "x"}, suggest=lambda prefix: ["", "x" * 101, *[f"m{n}" for n in range(30)]])
    found = choices(Command("model", {"en": "x"}, (many,)), "name", "")
    assert found == [f"m{n}" for n in range(25)]
