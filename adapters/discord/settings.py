"""The Discord adapter's own settings, read from the environment or `.env`."""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from typing import Any

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

_PORTAL = "https://discord.com/developers/applications"


def _named(name: str, default: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(name))


class DiscordSettings(BaseSettings):
    """Every field's alias is the name of its environment variable; the names are a promise.

    `api_base` is empty for Discord itself; `mentions_only` runs the bot without the message-content intent.
    """

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    token: SecretStr | None = _named("DISCORD_BOT_TOKEN", None)
    api_base: str | None = _named("DISCORD_API_BASE", None)
    mentions_only: bool = _named("DISCORD_MENTIONS_ONLY", False)

    @field_validator("api_base")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with https:// or http://; leave it empty for Discord itself")
        return value.rstrip("/") if value else None

    @property
    def bot_token(self) -> str:
        """The token in clear, for the SDK alone. Raises `SettingsError` where there is none."""
        if self.token is None:
            raise SettingsError(
                "DISCORD_BOT_TOKEN", "is not set", f"copy the bot's token from {_PORTAL} (your application, Bot)"
            )
        return self.token.get_secret_value().strip()

    @property
    def application_id(self) -> int:
        """The application's id, which is the first part of every bot token. Raises `SettingsError`."""
        first = self.bot_token.partition(".")[0]
        try:
            return int(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
        except (NotBase64, ValueError):
            raise SettingsError(
                "DISCORD_BOT_TOKEN", "is not a bot token", f"copy the bot's token again from {_PORTAL}"
            ) from None


def read() -> DiscordSettings:
    """The settings as they stand. Raises `SettingsError` for the first wrong one."""
    try:
        return DiscordSettings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(str(first["loc"][0]), "has a wrong value", message) from None
