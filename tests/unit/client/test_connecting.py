import httpx2
from imagejobs.client.api_client import ApiClient
from imagejobs.settings.settings import ApiAddress
from imagejobs.wiring.client import connect_api, connect_api_as_worker

SETTINGS = ApiAddress(_env_file=None, api_port=3999, api_tokens="new,old", worker_tokens="w1,w2")


def headers(client: ApiClient) -> httpx2.Headers:
    return client._http.headers


def test_a_client_sends_the_first_of_each_tokens() -> None:
    client = connect_api(SETTINGS)
    assert client.base_url == "http://127.0.0.1:3999"
    assert headers(client)["authorization"] == "Bearer new"
    assert headers(client)["x-worker-token"] == "w1"


def test_a_worker_sends_only_its_own() -> None:
    client = connect_api_as_worker(SETTINGS)
    assert "authorization" not in headers(client)
    assert headers(client)["x-worker-token"] == "w1"


def test_without_tokens_none_is_sent() -> None:
    settings = ApiAddress(_env_file=None)
    for client in (connect_api(settings), connect_api_as_worker(settings)):
        assert not {"authorization", "x-worker-token"} & set(headers(client))
