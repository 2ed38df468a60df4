"""Settings: names that are a promise, wrong values that stop the start with one line, secrets that stay secret."""

import os
from pathlib import Path

import pytest

from bot import settings
from bot.errors import SettingsError


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine that the tests run on."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("BOT_", "TOKENGATE_", "DATABASE_")):
            monkeypatch.delenv(name)


def test_with_nothing_set_it_is_keyless_with_a_file_in_the_data_folder() -> None:
    config = settings.read()
    assert config.keyless
    assert config.database == f"sqlite:///{config.data_dir / 'parley.db'}"


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("BOT_LOCALE=zh-CN\nBOT_MODEL=grok-4\n")
    monkeypatch.setenv("BOT_MODEL", "gpt-5")
    config = settings.read()
    assert (config.locale, config.model) == ("zh-CN", "gpt-5")


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_HTTP_PORT", "")
    assert settings.read().http_port is None


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("BOT_HTTP_PORT", "eighty", "integer"),
        ("BOT_HTTP_PORT", "99999", "65535"),
        ("BOT_LOG_LEVEL", "LOUD", "DEBUG"),
        ("TOKENGATE_BASE_URL", "gateway.example.com", "https://"),
        ("DATABASE_URL", "mysql://x", "postgresql://"),
        ("BOT_GAP_TIMEOUT", "0", "greater than 0"),
        ("BOT_HISTORY_MESSAGES", "1", "2"),
        ("BOT_ROLE", "boss", "'intake' or 'worker'"),
        ("BOT_ROLE", "worker", "needs PostgreSQL"),
        ("BOT_STALLED", "9", "twice BOT_HEARTBEAT"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, right: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings.read()
    assert str(caught.value).startswith(f"{name}: ")
    assert right in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_json_setting_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_MODEL_ALIASES", "{not json")
    with pytest.raises(SettingsError, match="BOT_MODEL_ALIASES"):
        settings.read()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENGATE_API_KEY", "sk-very-secret")
    monkeypatch.setenv("BOT_GATEWAY_HEADERS", '{"X-Key": "also-secret"}')
    shown = repr(settings.read()) + str(settings.read())
    assert "very-secret" not in shown
    assert "also-secret" not in shown


def test_a_database_address_with_a_password_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://parley:hunter2@localhost/parley")
    assert "hunter2" not in repr(settings.read())


@pytest.mark.parametrize("role", ["all", "intake", "worker"])
def test_on_postgresql_a_process_may_have_any_role(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/parley")
    monkeypatch.setenv("BOT_ROLE", role)
    assert settings.read().role == role


def test_a_heart_that_beats_too_slowly_for_the_default_is_named_by_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_HEARTBEAT", "15")
    with pytest.raises(SettingsError, match="BOT_STALLED"):
        settings.read()


def test_unknown_names_are_found_with_their_nearest_neighbour() -> None:
    found = settings.unknown({"BOT_MODLE": "x", "BOT_ZZZZ": "y", "BOT_MODEL": "z", "SLACK_X": "w"})
    assert found == {"BOT_MODLE": "BOT_MODEL", "BOT_ZZZZ": None}


def test_unknown_names_in_the_file_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("BOT_LOCAL=en\n")
    assert settings.unknown()["BOT_LOCAL"] == "BOT_LOCALE"


def test_the_example_file_names_every_setting_and_no_other() -> None:
    example = (Path(__file__).parent.parent.parent / ".env.example").read_text()
    named = {line.lstrip("#").partition("=")[0] for line in example.splitlines() if "=" in line}
    known = {str(field.validation_alias.choices[0]) for field in settings._own_fields()}
    assert {name for name in named if name.startswith("BOT_")} == {name for name in known if name.startswith("BOT_")}


def test_hosts_of_results_are_a_list_and_no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_RESULT_HOSTS", " Minio.example.com:9000, 10.0.0.7 ,")
    assert settings.read().result_hosts == {"minio.example.com:9000", "10.0.0.7"}
    monkeypatch.setenv("BOT_RESULT_HOSTS", "https://minio.example.com/")
    with pytest.raises(SettingsError, match="write hosts"):
        settings.read()
