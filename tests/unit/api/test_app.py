from typing import Any

import pytest
from imagejobs.api.app import create_app
from imagejobs.contract.openapi import Contract, load_contract
from imagejobs.errors import ConfigurationError
from worlds.api_requests import assert_error
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, memory_api, memory_settings, with_tokens


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "api.example"])  # noqa: S104 - it must be refused
@pytest.mark.parametrize(
    "tokens", [{}, {"api_tokens": CLIENT_TOKENS}, {"worker_tokens": WORKER_TOKENS}], ids=["none", "client", "worker"]
)
def test_a_server_that_is_open_to_the_network_does_not_start(host: str, tokens: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=rf"API_HOST={host} is reachable .*ALLOW_UNAUTHENTICATED=true"):
        memory_api(api_host=host, **tokens)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_an_open_server_starts_on_loopback(host: str) -> None:
    assert memory_api(api_host=host).client().get("/healthz").status_code == 200


def test_an_open_server_starts_anywhere_if_the_setting_allows_it() -> None:
    assert memory_api(api_host="0.0.0.0", allow_unauthenticated=True).client().get("/healthz").status_code == 200  # noqa: S104 - nothing is bound


def test_a_server_with_both_kinds_of_tokens_starts_anywhere() -> None:
    assert with_tokens(api_host="0.0.0.0").client().get("/healthz").status_code == 200  # noqa: S104 - nothing is bound


def test_an_operation_without_an_endpoint_does_not_start() -> None:
    document = dict(load_contract().document)
    document["paths"] = document["paths"] | {
        "/api/more": {"get": {"operationId": "getMore", "responses": {"200": {"description": "More."}}}}
    }
    with pytest.raises(ConfigurationError, match=r"operations without an endpoint: \['getMore'\]"):
        create_app(memory_settings(), memory_api().adapters, Contract(document))


def test_an_endpoint_without_an_operation_does_not_start() -> None:
    document = dict(load_contract().document)
    document["paths"] = {path: item for path, item in document["paths"].items() if path != "/healthz"}
    with pytest.raises(ConfigurationError, match=r"endpoints without an operation: \['getHealth'\]"):
        create_app(memory_settings(), memory_api().adapters, Contract(document))


@pytest.mark.parametrize("path", ["/", "/api", "/api/image-job", "/media/raw/x.png", "/api/image-jobs/1/2/3"])
def test_a_path_that_does_not_exist_is_404_in_the_envelope(path: str) -> None:
    assert_error(memory_api().client().get(path), 404, "not_found")
