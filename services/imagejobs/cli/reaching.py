"""How commands find the API, or the database and the storage: where the settings say, else here."""

import sys
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from imagejobs.client.api_client import ApiClient
from imagejobs.client.connecting import connect_api
from imagejobs.embedded.up_file import read_up_file
from imagejobs.settings import ApiAddress, Settings, load_api_address, load_settings


class _Chosen(BaseSettings):
    """What somebody chose for the stores in the environment or in `.env`, before anything is judged."""

    model_config = ApiAddress.model_config

    mongodb_uri: str = ""
    data_dir: Path = Path(".imagejobs")


def reach_api() -> ApiClient:
    """A client of the API at api_address()."""
    return connect_api(api_address())


def api_address() -> ApiAddress:
    """API_URL if it is set, else the `imagejobs up` that runs on DATA_DIR, which is said, else the default address."""
    address = load_api_address()
    local = None if address.api_url else read_up_file(address.data_dir)
    if local is None:
        return address
    _say(f"the API is {local.api_url}, the `imagejobs up` on {address.data_dir}; API_URL would name another")
    tokens = {"api_tokens": _token(local.token), "worker_tokens": _token(local.worker_token)}
    return address.model_copy(update={"api_url": local.api_url, **tokens})


def reach_stores() -> Settings:
    """The settings if MONGODB_URI is set, else those of the `imagejobs up` that runs on DATA_DIR, which is said.

    Without either, the settings with their default addresses.
    """
    chosen = _Chosen()
    local = None if chosen.mongodb_uri else read_up_file(chosen.data_dir)
    if local is None:
        return load_settings()
    place = f"the `imagejobs up` on {chosen.data_dir}"
    _say(f"MongoDB, Redis and storage are those of {place}; MONGODB_URI would name others")
    return load_settings(storage="filesystem", mongodb_uri=local.mongodb_uri, redis_uri=local.redis_uri)


def _token(token: str | None) -> tuple[SecretStr, ...]:
    return () if token is None else (SecretStr(token),)


def _say(text: str) -> None:
    sys.stderr.write(f"imagejobs: {text}\n")
