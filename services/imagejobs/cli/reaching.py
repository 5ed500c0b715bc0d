"""How commands find the API, or the database and the storage."""

import os

from imagejobs.client.api_client import ApiClient
from imagejobs.client.connecting import connect_api
from imagejobs.embedded.up_file import read_up_file
from imagejobs.settings import Settings, load_api_address, load_settings


def reach_api() -> ApiClient:
    """API_URL if it is set, else the `imagejobs up` that runs on DATA_DIR, else the default address."""
    address = load_api_address()
    local = None if os.environ.get("API_URL") else read_up_file(address.data_dir)
    if local is None:
        return connect_api(address)
    return ApiClient(local.api_url, token=local.token, worker_token=local.worker_token)


def reach_stores() -> Settings:
    """The settings if MONGODB_URI is set, else where the `imagejobs up` is that runs on DATA_DIR, else the settings."""
    local = None if os.environ.get("MONGODB_URI") else read_up_file(load_api_address().data_dir)
    if local is None:
        return load_settings()
    return load_settings(storage="filesystem", mongodb_uri=local.mongodb_uri)
