"""Slack's own settings: three secrets and two addresses, from the environment or `.env`."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

_BOT, _APP, _SIGNING = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"

KINDS = {
    "xoxb-": "a bot token",
    "xoxe.": "a rotating token",
    "xoxp-": "a user token",
    "xapp-": "an app-level token",
}
"""Slack's tokens tell by their beginning what they are (https://docs.slack.dev/authentication/tokens)."""


def _named(name: str, default: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(name))


class SlackSettings(BaseSettings):
    """Socket Mode with an app-level token, else HTTP with a signing secret; `bot_token` is needed for both."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    bot_token: SecretStr | None = _named(_BOT, None)
    app_token: SecretStr | None = _named(_APP, None)
    signing_secret: SecretStr | None = _named(_SIGNING, None)
    api_url: str = _named("SLACK_API_URL", "https://slack.com/api/")
    file_hosts: Annotated[tuple[str, ...], NoDecode] = _named(
        "SLACK_FILE_HOSTS",
        ("https://files.slack.com", "https://*.slack.com", "https://*.slack-edge.com", "https://*.slack-files.com"),
    )

    @field_validator("bot_token", "app_token", "signing_secret", mode="before")
    @classmethod
    def _without_blanks(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("bot_token")
    @classmethod
    def _of_a_bot(cls, value: SecretStr | None) -> SecretStr | None:
        return _of_kind(value, ("xoxb-", "xoxe.xoxb-"), "the Bot User OAuth Token from the page OAuth & Permissions")

    @field_validator("app_token")
    @classmethod
    def _of_an_app(cls, value: SecretStr | None) -> SecretStr | None:
        return _of_kind(value, ("xapp-",), "the app-level token from Basic Information, with connections:write")

    @field_validator("api_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("it must begin with https://, as in https://slack.com/api/")
        return value.rstrip("/") + "/"

    @field_validator("file_hosts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(host.strip() for host in value.split(",") if host.strip()) if isinstance(value, str) else value

    @field_validator("file_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(host) for host in value)

    @model_validator(mode="after")
    def _whole(self) -> "SlackSettings":
        if self.bot_token is None and (self.app_token or self.signing_secret):
            raise SettingsError(
                _BOT, "is not set", f"{_APP} or {_SIGNING} is, and Slack needs both; see `parley slack setup`"
            )
        if self.bot_token is not None and not (self.app_token or self.signing_secret):
            right = f"set it (xapp-…) for Socket Mode, or {_SIGNING} for HTTP; see `parley slack setup`"
            raise SettingsError(_APP, "is not set", right)
        return self


def read() -> SlackSettings | None:
    """The settings; None when nothing is set for Slack. Raises `SettingsError` for the first wrong one."""
    try:
        settings = SlackSettings()
    except ValidationError as error:
        raise _explained(error) from None
    return settings if settings.bot_token is not None else None


def _origin(host: str) -> str:
    """Scheme, host and port; a host by itself is asked by https."""
    parts = urlsplit(host if "://" in host else f"https://{host}")
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("it must be hosts with commas between them, as in files.slack.com,http://127.0.0.1:8080")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _of_kind(value: SecretStr | None, beginnings: tuple[str, ...], right: str) -> SecretStr | None:
    if value is None or value.get_secret_value().startswith(beginnings):
        return value
    kind = next((kind for start, kind in KINDS.items() if value.get_secret_value().startswith(start)), "no Slack token")
    raise ValueError(f"it looks like {kind}; it must begin with {beginnings[0]}: {right}")


def _explained(error: ValidationError) -> SettingsError:
    first = error.errors(include_input=False, include_url=False)[0]
    return SettingsError(str(first["loc"][0]), "has a wrong value", first["msg"].removeprefix("Value error, "))
