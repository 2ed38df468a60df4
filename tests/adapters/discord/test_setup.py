"""Settings, the entry point, and the address that invites the bot."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.discord import connect
from adapters.discord.cli import commands
from adapters.discord.settings import read
from bot.errors import SettingsError
from tests.adapters.discord.stage import TABLE
from tests.adapters.host import FakeHost
from tests.fakes.discord.world import INVITED

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.secret-part"
"""Of the application 123456789012345678."""


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISCORD_BOT_TOKEN", "DISCORD_API_BASE", "DISCORD_MENTIONS_ONLY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_a_token_there_is_no_discord() -> None:
    assert connect(FakeHost()) is None


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_token_is_no_token(monkeypatch: pytest.MonkeyPatch, empty: str | None) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", empty or "")
    assert connect(FakeHost()) is None


def test_with_a_token_discord_is_a_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    platform = connect(FakeHost())
    assert platform is not None
    assert (platform.name, platform.web) == ("discord", None)


def test_settings_are_read_from_the_file_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        f"DISCORD_BOT_TOKEN={TOKEN}\nDISCORD_API_BASE=http://localhost:1/\nDISCORD_MENTIONS_ONLY=yes\n"
    )
    settings = read()
    assert settings.bot_token == TOKEN
    assert settings.api_base == "http://localhost:1"
    assert settings.mentions_only


def test_the_token_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    assert "secret-part" not in f"{read()!r} {read()} {connect(FakeHost())!r}"


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [("DISCORD_API_BASE", "discord.test", "https://"), ("DISCORD_MENTIONS_ONLY", "perhaps", "boolean")],
)
def test_a_wrong_setting_is_named_on_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, right: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        connect(FakeHost())
    assert error.value.name == name
    assert right in str(error.value)
    assert "\n" not in str(error.value)


def test_the_invitation_asks_for_the_exact_permissions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    [line] = commands(TABLE)
    address = urlsplit(line.run())
    assert line.name == "invite"
    assert (address.netloc, address.path) == ("discord.com", "/oauth2/authorize")
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert asked == {
        "client_id": "123456789012345678",
        "permissions": str(INVITED),
        "scope": "bot applications.commands",
    }


@pytest.mark.parametrize("token", ["", "no token at all", "bm90IGEgbnVtYmVy.x.y", "MT!z.x.y"])
def test_without_a_proper_token_the_invitation_says_what_to_set(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", token)
    with pytest.raises(SettingsError, match="DISCORD_BOT_TOKEN") as error:
        commands(TABLE)[0].run()
    assert "https://discord.com/developers/applications" in str(error.value)
