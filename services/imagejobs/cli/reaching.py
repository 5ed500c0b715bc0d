"""How the client commands find the API."""

import os

from imagejobs.client.api_client import ApiClient
from imagejobs.client.connecting import connect_api
from imagejobs.embedded.up_file import read_up_file
from imagejobs.settings import load_api_address


def reach_api() -> ApiClient:
    """API_URL if it is set, else the `imagejobs up` that runs on DATA_DIR, else the default address."""
    address = load_api_address()
    local = None if os.environ.get("API_URL") else read_up_file(address.data_dir)
    if local is None:
        return connect_api(address)
    return ApiClient(local.api_url, token=local.token, worker_token=local.worker_token)
