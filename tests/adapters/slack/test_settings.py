"""Settings that are wrong say so in one line, without giving a secret away."""

from pathlib import Path

import pytest

from adapters.slack import connect, settings
from bot.errors import SettingsError
from tests.adapters.host import FakeHost

NAMES = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL", "SLACK_FILE_HOSTS")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set, and no `.env` lies about."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def put(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_nothing_set_is_no_platform() -> None:
    assert settings.read() is None
    assert connect(FakeHost()) is None


def test_an_address_alone_is_no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SLACK_API_URL="https://slack-gov.com/api")
    assert settings.read() is None


def test_both_tokens_make_socket_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SLACK_BOT_TOKEN=" xoxb-1 ", SLACK_APP_TOKEN="xapp-1")
    platform = connect(FakeHost())
    assert platform is not None
    assert (platform.name, platform.web) == ("slack", None)


def test_a_signing_secret_makes_http_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s3cret")
    platform = connect(FakeHost())
    assert platform is not None
    assert platform.web is not None


def test_a_dot_env_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n", encoding="utf-8")
    found = settings.read()
    assert found is not None
    assert found.app_token is not None
    assert found.app_token.get_secret_value() == "xapp-1"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN: is not set; "),
        ({"SLACK_SIGNING_SECRET": "8f742231b10e"}, "SLACK_BOT_TOKEN: is not set; "),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN: is not set; "),
        ({"SLACK_BOT_TOKEN": "xapp-1-x"}, "SLACK_BOT_TOKEN: has a wrong value; it looks like an app-level token; "),
        ({"SLACK_BOT_TOKEN": "xoxp-1-x"}, "SLACK_BOT_TOKEN: has a wrong value; it looks like a user token; "),
        ({"SLACK_BOT_TOKEN": "0123abcd"}, "SLACK_BOT_TOKEN: has a wrong value; it looks like no Slack token; "),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN: has a wrong value; "),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "slack.com"},
            "SLACK_API_URL: has a wrong value; it must begin with https://",
        ),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_FILE_HOSTS": "ftp://files.example"},
            "SLACK_FILE_HOSTS: has a wrong value; it must be hosts",
        ),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_FILE_HOSTS": "files.example/path"},
            "SLACK_FILE_HOSTS: has a wrong value; it must be hosts",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    values: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, **values)
    with pytest.raises(SettingsError) as raised:
        settings.read()
    line = str(raised.value)
    assert line.startswith(said)
    assert "\n" not in line
    assert not any(value in line for name, value in values.items() if name not in ("SLACK_API_URL", "SLACK_FILE_HOSTS"))


def test_secrets_are_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SLACK_BOT_TOKEN="xoxb-hidden", SLACK_APP_TOKEN="xapp-hidden", SLACK_SIGNING_SECRET="hidden")
    assert "hidden" not in repr(settings.read())


def test_the_addresses_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1", SLACK_API_URL="http://127.0.0.1:9/api")
    put(monkeypatch, SLACK_FILE_HOSTS="Files.example, *.example ,http://127.0.0.1:8080/")
    found = settings.read()
    assert found is not None
    assert found.api_url == "http://127.0.0.1:9/api/"
    assert found.file_hosts == ("https://files.example", "https://*.example", "http://127.0.0.1:8080")
