import httpx2
from imagejobs.client.api_client import ApiClient
from imagejobs.settings.settings import ApiAddress
from imagejobs.wiring.client import open_api_client, open_worker_client

SETTINGS = ApiAddress(_env_file=None, api_port=3999, api_tokens="new,old", worker_tokens="w1,w2")


def headers(client: ApiClient) -> httpx2.Headers:
    return client._http.headers


def test_a_client_sends_the_first_of_each_tokens() -> None:
    client = open_api_client(SETTINGS)
    assert client.base_url == "http://127.0.0.1:3999"
    assert headers(client)["authorization"] == "Bearer new"
    assert headers(client)["x-worker-token"] == "w1"


def test_a_worker_sends_only_its_own() -> None:
    client = open_worker_client(SETTINGS)
    assert "authorization" not in headers(client)
    assert headers(client)["x-worker-token"] == "w1"


def test_without_tokens_none_is_sent() -> None:
    settings = ApiAddress(_env_file=None)
    for client in (open_api_client(settings), open_worker_client(settings)):
        assert not {"authorization", "x-worker-token"} & set(headers(client))
