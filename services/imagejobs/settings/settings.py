"""The settings of every process. An environment variable takes precedence over the same name in `.env`.

All mistakes are reported at once, by name. Secrets are `SecretStr` or excluded from `repr`, so that no log shows them.
"""

import os
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar

from dotenv import dotenv_values
from pydantic import Field, PositiveInt, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from imagejobs.errors import ConfigurationError
from imagejobs.settings.addresses import is_this_machine, shown
from imagejobs.settings.conversion import SOURCES, ConversionSettings
from imagejobs.settings.names import misspelt
from imagejobs.settings.values import (
    BaseURL,
    MongoDBAddress,
    Namespace,
    Prefix,
    ProxyURL,
    RedisAddress,
    Seconds,
    Tokens,
)

LOOPBACK_OF_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
"""The address at which this machine reaches a server that listens on all addresses. One on `::` may refuse IPv4."""


class ApiAddress(BaseSettings):
    """The settings of a caller of the API: its address, the proxy to it, and the tokens."""

    model_config = SOURCES

    api_host: str = "127.0.0.1"
    api_port: int = Field(3000, ge=0, le=65535)
    api_url: BaseURL = ""
    api_proxy: ProxyURL = Field("", repr=False)
    api_tokens: Tokens = ()
    worker_tokens: Tokens = ()
    data_dir: Path = Path(".imagejobs")

    @cached_property
    def api_base_url(self) -> str:
        """The address at which workers and the command line reach the API: API_URL, else API_HOST and API_PORT."""
        if self.api_url:
            return self.api_url
        host = LOOPBACK_OF_ANY.get(self.api_host, self.api_host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"

    @cached_property
    def shown_api_url(self) -> str:
        """`api_base_url` without a user name and password, for logs and messages."""
        return shown(self.api_base_url)


class Settings(ApiAddress, ConversionSettings):
    """All settings. Each field is read from the environment variable of its name in upper case; see .env.example."""

    redis_uri: RedisAddress = Field("redis://localhost:6379", repr=False)
    mongodb_uri: MongoDBAddress = Field("mongodb://localhost:27017/image_jobs", repr=False)

    storage: Literal["s3", "filesystem"] = "s3"
    r2_endpoint: BaseURL = ""
    r2_access_key_id: str = Field("", repr=False)
    r2_secret_access_key: SecretStr = SecretStr("")
    r2_bucket: str = ""
    r2_public_url: BaseURL = ""
    r2_region: str = "auto"
    r2_proxy: ProxyURL = Field("", repr=False)
    source_url: Literal["public", "presigned"] = "public"

    max_connections: PositiveInt = 1000
    keep_alive_seconds: Seconds = 75
    header_seconds: Seconds = 20
    stall_seconds: Seconds = 60
    min_bytes_per_second: PositiveInt = 1000
    upload_seconds: Seconds = 3600

    allow_unauthenticated: bool = False
    validate_responses: bool = False

    redis_namespace: Namespace = ""
    task_queue: str = Field("task_queue", min_length=1)
    enqueue_to: Literal["task_queue", "dramatiq"] = "task_queue"
    max_queue_length: PositiveInt = 100_000
    accept_without_queue: bool = True

    worker_processes: PositiveInt = Field(default_factory=lambda: os.cpu_count() or 1)
    worker_threads: PositiveInt = 2
    shutdown_seconds: Seconds = 20

    max_request_bytes: PositiveInt = 100_000_000
    max_images: PositiveInt = 20
    output_prefix: Prefix = "optimized/"

    lease_seconds: float = Field(20, ge=1, le=3600)  # the range in the contract
    legacy_lease_seconds: Seconds = 600
    check_legacy_output: bool = False
    max_attempts: PositiveInt = 5
    pending_after: Seconds = 30
    reconcile_interval: Seconds = 3
    sweep_interval: float = Field(3600, ge=0, le=31_536_000)
    orphan_after: float = Field(86_400, ge=600, le=31_536_000)

    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(0, ge=0, le=65535)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("r2_endpoint", "r2_access_key_id", "r2_secret_access_key", "r2_bucket", "r2_public_url")
    @classmethod
    def _require_for_s3(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        if info.data.get("storage") == "s3" and not value:
            raise ValueError("required with STORAGE=s3 (or set STORAGE=filesystem to keep images in DATA_DIR)")
        return value

    @cached_property
    def public_base_url(self) -> str:
        """The prefix of every public image URL: R2_PUBLIC_URL, or the API's own /media with filesystem storage."""
        return self.r2_public_url or f"{self.shown_api_url}/media"

    @property
    def is_loopback(self) -> bool:
        """Whether the API listens on this machine only."""
        return is_this_machine(self.api_host)


S = TypeVar("S", bound=BaseSettings)


def load_settings(**overrides: object) -> Settings:
    """Read all settings; `overrides` take precedence over the environment.

    Raises ConfigurationError with one line per mistake, each beginning with the variable's name.
    """
    return load(Settings, overrides)


def load_conversion_settings(**overrides: object) -> ConversionSettings:
    """Read the settings of a conversion only. Raises ConfigurationError, as load_settings does."""
    return load(ConversionSettings, overrides)


def load_api_address(**overrides: object) -> ApiAddress:
    """Read the settings of a caller of the API only. Raises ConfigurationError, as load_settings does."""
    return load(ApiAddress, overrides)


def misspelt_variables() -> list[str]:
    """A warning for each environment variable whose name is probably a misspelt setting.

    Only a warning, because the variable may be another program's.
    """
    found = misspelt(os.environ, _names(), given=_variables_in(SOURCES.get("env_file")))
    return [_correction(name, meant) for name, meant in found.items()]


def load(kind: type[S], overrides: Mapping[str, object] = MappingProxyType({})) -> S:
    """Read the settings of one class. A name in `.env` that is probably a misspelt setting is a mistake too."""
    env_file = overrides.get("_env_file", SOURCES.get("env_file"))
    found = misspelt(_variables_in(env_file), _names(), given=os.environ)
    mistakes = [
        f"{_correction(name, meant)} ({env_file}; if the variable is another program's, set {meant} too)"
        for name, meant in found.items()
    ]
    try:
        settings = kind(**overrides)  # type: ignore[arg-type]  # pydantic checks the names and the values
    except ValidationError as error:
        mistakes += [_describe(problem) for problem in error.errors()]
    else:
        if not mistakes:
            return settings
    raise ConfigurationError("\n".join(mistakes)) from None


def _variables_in(env_file: object) -> Collection[str]:
    if not isinstance(env_file, str | Path):
        return ()
    try:
        return dotenv_values(env_file, encoding="utf-8").keys()
    except OSError as error:
        raise ConfigurationError(f"{env_file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{env_file}: byte {error.start} is not UTF-8: save the file as UTF-8") from None


def _correction(name: str, meant: str) -> str:
    return f"{name}: this is not a setting; did you mean {meant}?"


def _names() -> frozenset[str]:
    return frozenset(name.upper() for name in Settings.model_fields)


def _describe(problem: ErrorDetails) -> str:
    name = str(problem["loc"][0]).upper() if problem["loc"] else ""
    message = problem["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" if name else message
