"""The core's settings, read once from the environment or `.env`, frozen; wrong ones stop the start."""

import json
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

ENV_FILE = ".env"
_OWN = "BOT_"

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")

Seconds = Annotated[float, Field(gt=0)]
Role = Literal["all", "intake", "worker"]
Names = Annotated[dict[str, str], NoDecode]
Fields = Annotated[dict[str, dict[str, Any]], NoDecode]
Headers = Annotated[dict[str, SecretStr], NoDecode]
Hosts = Annotated[frozenset[str], NoDecode]


def _named(name: str, default: Any, **limits: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(name), **limits)


class Settings(BaseSettings):
    """Every field's alias is the name of its environment variable; the names are a promise."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    api_key: SecretStr | None = _named("TOKENGATE_API_KEY", None)
    base_url: str | None = _named("TOKENGATE_BASE_URL", None)
    database_url: str | None = _named("DATABASE_URL", None, repr=False)

    data_dir: Path = _named("BOT_DATA_DIR", user_data_path("parley", appauthor=False))
    locale: str = _named("BOT_LOCALE", "en")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _named("BOT_LOG_LEVEL", "INFO")
    role: Role = _named("BOT_ROLE", "all")
    heartbeat: Seconds = _named("BOT_HEARTBEAT", 5.0)
    stalled: Seconds = _named("BOT_STALLED", 20.0)
    http_host: str = _named("BOT_HTTP_HOST", "127.0.0.1")
    http_port: int | None = _named("BOT_HTTP_PORT", None, ge=0, le=65535)

    model: str | None = _named("BOT_MODEL", None)
    persona: str | None = _named("BOT_PERSONA", None, max_length=8000)
    history_tokens: int = _named("BOT_HISTORY_TOKENS", 16_000, ge=256)
    history_messages: int = _named("BOT_HISTORY_MESSAGES", 40, ge=2, le=1000)
    max_output_tokens: int | None = _named("BOT_MAX_OUTPUT_TOKENS", None, ge=16)
    max_waiting: int = _named("BOT_MAX_WAITING", 20, ge=1)
    max_open_turns: int = _named("BOT_MAX_OPEN_TURNS", 1000, ge=1)
    max_running: int = _named("BOT_MAX_RUNNING", 100, ge=1)
    stop_grace: Seconds = _named("BOT_STOP_GRACE", 20.0)
    catch_up: float = _named("BOT_CATCH_UP", 3600.0, ge=0)
    answer_bots: bool = _named("BOT_ANSWER_BOTS", False)
    transcript_model: str | None = _named("BOT_TRANSCRIPT_MODEL", None)
    speech_model: str | None = _named("BOT_SPEECH_MODEL", None)
    picture_model: str | None = _named("BOT_PICTURE_MODEL", None)
    edit_model: str | None = _named("BOT_EDIT_MODEL", None)
    tool_rounds: int = _named("BOT_TOOL_ROUNDS", 5, ge=0, le=20)
    max_file_mb: int = _named("BOT_MAX_FILE_MB", 100, ge=1)
    files_dir: Path | None = _named("BOT_FILES_DIR", None)
    files_mb: int = _named("BOT_FILES_MB", 5000, ge=100)

    model_aliases: Names = _named("BOT_MODEL_ALIASES", {})
    model_overrides: Fields = _named("BOT_MODEL_OVERRIDES", {})
    fallback_model: str | None = _named("BOT_FALLBACK_MODEL", None)
    trust_models_list: bool = _named("BOT_TRUST_MODELS_LIST", False)
    gateway_headers: Headers = _named("BOT_GATEWAY_HEADERS", {})
    gateway_proxy: str | None = _named("BOT_GATEWAY_PROXY", None, repr=False)
    result_hosts: Hosts = _named("BOT_RESULT_HOSTS", frozenset())
    gateway_tries: int = _named("BOT_GATEWAY_TRIES", 3, ge=1, le=10)
    gateway_max_wait: Seconds = _named("BOT_GATEWAY_MAX_WAIT", 120.0)
    connect_timeout: Seconds = _named("BOT_CONNECT_TIMEOUT", 10.0)
    first_byte_timeout: Seconds = _named("BOT_FIRST_BYTE_TIMEOUT", 120.0)
    gap_timeout: Seconds = _named("BOT_GAP_TIMEOUT", 120.0)
    total_timeout: Seconds = _named("BOT_TOTAL_TIMEOUT", 600.0)

    @field_validator("model_aliases", "model_overrides", "gateway_headers", mode="before")
    @classmethod
    def _an_object(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('it must be a JSON object, as {"name": "value"}') from None

    @field_validator("gateway_headers")
    @classmethod
    def _sendable(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in value.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(secret.get_secret_value()):
                raise ValueError(f"the header {name!r} can't be sent: names and values are plain ASCII on one line")
        return value

    @field_validator("result_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        hosts = frozenset(host for each in value.split(",") if (host := each.strip().lower()))
        if any("/" in host or "@" in host for host in hosts):
            raise ValueError("write hosts, each with its port where it has one, as in minio.example.com:9000")
        return hosts

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port beyond 65535, a bracket without its other half
            whole = False
        if not whole:
            raise ValueError("it must be a whole address, as in https://gateway.example.com")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
        return value

    @field_validator("role")
    @classmethod
    def _with_others(cls, value: Role, info: ValidationInfo) -> Role:
        shared = (info.data.get("database_url") or "").startswith("postgresql://")
        if value != "all" and not shared:
            raise ValueError(
                f"{value!r} needs PostgreSQL, which processes can share: set DATABASE_URL, or leave it out"
            )
        return value

    @field_validator("stalled")
    @classmethod
    def _some_beats(cls, value: float, info: ValidationInfo) -> float:
        if value < 2 * info.data.get("heartbeat", 0.0):
            raise ValueError("it must be at least twice BOT_HEARTBEAT, or the living are taken for dead")
        return value

    @property
    def keyless(self) -> bool:
        """No gateway is configured: the embedded backend answers."""
        return self.api_key is None and self.base_url is None

    @property
    def database(self) -> str:
        """The database's address; by default a file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'parley.db'}"

    @property
    def files(self) -> Path:
        """The folder of the files that turns and history need; by default beside a database that is a file."""
        if self.files_dir is not None:
            return self.files_dir
        database = Path(self.database.removeprefix("sqlite:///"))
        return (database.parent if self.database.startswith("sqlite:///") else self.data_dir) / "files"


def read() -> Settings:
    """The settings as they stand. Raises `SettingsError` for the first wrong one."""
    try:
        return Settings()
    except UnicodeDecodeError as error:
        raise SettingsError(ENV_FILE, f"is not readable as UTF-8 ({error.reason})", "save it as UTF-8") from None
    except ValidationError as error:
        raise explain(error) from None


def explain(error: ValidationError) -> SettingsError:
    """The first complaint as one line: which setting, what is wrong, what is right; never the value of a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = _spelled(str(first["loc"][0])) if first["loc"] else "settings"
    message = first["msg"].removeprefix("Value error, ")
    return SettingsError(name, "is not set" if first["type"] == "missing" else "has a wrong value", message)


def _spelled(name: str) -> str:
    """The environment's name of a setting; where a default is at fault, the complaint has the field's."""
    field = Settings.model_fields.get(name)
    return name if field is None else _alias(field)


def unknown(environment: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Names that begin with BOT_ but mean nothing, each with the nearest known name (None: nothing is near)."""
    found = dict(environment if environment is not None else os.environ)
    if environment is None:
        found |= {name: value or "" for name, value in dotenv_values(ENV_FILE).items()}
    known = [_alias(field) for field in _own_fields()]
    strangers = [name for name in found if name.startswith(_OWN) and name not in known]
    return {name: next(iter(get_close_matches(name, known, 1)), None) for name in sorted(strangers)}


def _own_fields() -> list[Any]:
    return [field for field in Settings.model_fields.values() if isinstance(field.validation_alias, AliasChoices)]


def _alias(field: Any) -> str:
    return str(field.validation_alias.choices[0])
