"""Finds the API, or the database and the storage: by --data-dir, by the settings, or by a running `imagejobs up`."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from imagejobs.client.api_client import ApiClient
from imagejobs.embedded.up_file import UpState, read_up_file
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import ApiAddress, Settings, load, load_api_address, load_settings
from imagejobs.wiring.client import open_api_client

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Use the `imagejobs up` that runs on this directory. Default: API_URL or MONGODB_URI, else DATA_DIR.",
        show_default=False,
    ),
]


class _Chosen(BaseSettings):
    """The two settings that decide which stores are used, read before all settings are validated."""

    model_config = ApiAddress.model_config

    mongodb_uri: str = ""
    data_dir: Path = Path(".imagejobs")


@dataclass(frozen=True, slots=True)
class FoundApi:
    """The address of the API, and the origin of each kind of token that is set, such as `.env` for API_TOKENS."""

    address: ApiAddress
    token_origins: Mapping[str, str]


def api_client(data_dir: Path | None) -> ApiClient:
    """A client of the API that find_api() finds."""
    return open_api_client(find_api(data_dir).address)


def find_api(data_dir: Path | None) -> FoundApi:
    """The API of the `imagejobs up` on `data_dir` if that is given, else API_URL.

    Without both, the API of the `imagejobs up` that runs on DATA_DIR, which is reported on standard error; if none
    runs, the default address. Tokens of an `imagejobs up` are used only if the environment and `.env` have none.
    Raises ConfigurationError if no `imagejobs up` runs on `data_dir`.
    """
    address = load_api_address()
    origins = _token_origins(address)
    local = _local_system(data_dir, address.data_dir, elsewhere=bool(address.api_url))
    if local is None:
        return FoundApi(address, origins)
    place = f"the `imagejobs up` on {data_dir or address.data_dir}"
    if data_dir is None:
        _say(f"the API is {local.api_url}, {place}; set API_URL to use another")
    known = {"API_TOKENS": local.token, "WORKER_TOKENS": local.worker_token}
    lent = {name: token for name, token in known.items() if token is not None and name not in origins}
    tokens = {name.lower(): (SecretStr(token),) for name, token in lent.items()}
    return FoundApi(
        address.model_copy(update={"api_url": local.api_url, **tokens}), {**origins, **dict.fromkeys(lent, place)}
    )


def store_settings(data_dir: Path | None) -> Settings:
    """The settings, with the stores of the `imagejobs up` on `data_dir` if that is given.

    Without `data_dir` and MONGODB_URI, with the stores of the `imagejobs up` that runs on DATA_DIR, which is reported
    on standard error. Raises ConfigurationError if no `imagejobs up` runs on `data_dir`.
    """
    chosen = load(_Chosen)
    local = _local_system(data_dir, chosen.data_dir, elsewhere=bool(chosen.mongodb_uri))
    if local is None:
        return load_settings()
    if data_dir is None:
        place = f"the `imagejobs up` on {chosen.data_dir}"
        _say(f"MongoDB, Redis and storage are those of {place}; set MONGODB_URI to use others")
    return load_settings(
        storage="filesystem",
        mongodb_uri=local.mongodb_uri,
        redis_uri=local.redis_uri,
        api_url=local.api_url,
        r2_public_url=f"{local.api_url}/media",
        data_dir=data_dir or chosen.data_dir,
    )


def _local_system(asked: Path | None, default: Path, *, elsewhere: bool) -> UpState | None:
    """The `imagejobs up` on `asked` if that is given; else that on `default`, unless the settings lead elsewhere."""
    if asked is None:
        return None if elsewhere else read_up_file(default)
    if local := read_up_file(asked):
        return local
    raise ConfigurationError(
        f"no `imagejobs up` runs on {asked}: start it with `imagejobs up --data-dir {asked}`, "
        "or leave out --data-dir to use API_URL, MONGODB_URI or DATA_DIR"
    )


def _token_origins(address: ApiAddress) -> dict[str, str]:
    in_environment = load_api_address(_env_file=None).model_fields_set
    names = [name for name in ("api_tokens", "worker_tokens") if getattr(address, name)]
    return {name.upper(): "the environment" if name in in_environment else ".env" for name in names}


def _say(text: str) -> None:
    sys.stderr.write(f"imagejobs: {text}\n")
