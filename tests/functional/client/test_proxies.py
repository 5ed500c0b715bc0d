"""The client when the environment or a setting names a proxy."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiNotReached, ApiRefused, ApiUnavailable
from imagejobs.embedded.services.ports import free_port
from imagejobs.settings.settings import load_api_address
from imagejobs.wiring.client import open_api_client, open_worker_client
from servers.api_server import has_ipv6, served
from servers.http_proxy import HttpProxy, http_proxy
from worlds.memory_api import memory_api

NOT_HERE = "http://api.example:3000"
"""A host name that only the proxy needs to resolve."""


@pytest.fixture(params=[0, 403], ids=["swallows", "refuses"])
def proxied_environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpProxy]:
    """Environment variables that name a useless proxy: it never answers, or refuses every request."""
    with http_proxy(status=request.param) as proxy:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        yield proxy


@contextmanager
def client_of(url: str, proxy: str = "", **options: Any) -> Iterator[ApiClient]:
    client = ApiClient(url, proxy=proxy, sleep=lambda _: None, **options)
    with client._http:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
@pytest.mark.parametrize("named", [False, True], ids=["environment only", "API_PROXY too"])
def test_this_machine_is_reached_past_every_proxy(proxied_environment: HttpProxy, host: str, named: bool) -> None:
    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with served(memory_api().app, host) as address:
        proxy = proxied_environment.url if named else ""
        with client_of(address, proxy, read_seconds=5, max_tries=1) as client:
            client.call("getHealth")
    assert proxied_environment.heads == []


@pytest.mark.usefixtures("proxied_environment")
def test_an_api_elsewhere_is_reached_past_the_environments_proxies_too() -> None:
    with client_of(NOT_HERE) as client:
        assert client._http._mounts == {}, "httpx keeps the environment's proxies in _mounts"


def test_an_api_is_reached_through_the_proxy_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        address = stack.enter_context(served(memory_api(api_url=NOT_HERE).app))
        proxy = stack.enter_context(http_proxy(server_port=int(address.rpartition(":")[2])))
        monkeypatch.setenv("API_URL", NOT_HERE)
        monkeypatch.setenv("API_PROXY", proxy.url.replace("://", "://me:p%40ss@"))
        for connect in (open_api_client, open_worker_client):
            client = connect(load_api_address())
            stack.enter_context(client._http)
            client.call("getHealth")
    assert [head.splitlines()[0] for head in proxy.heads] == [f"GET {NOT_HERE}/healthz HTTP/1.1"] * 2
    credentials = b64encode(b"me:p@ss").decode()
    assert all(f"basic {credentials}".lower() in head.lower() for head in proxy.heads)


@pytest.mark.parametrize("url", [NOT_HERE, "https://api.example"])
@pytest.mark.parametrize("status", [0, 403, 407, 502])
def test_what_goes_wrong_through_a_proxy_names_it_without_its_password(url: str, status: int) -> None:
    with http_proxy(status=status) as proxy:
        named = proxy.url.replace("://", "://me:secret@")
        told = f"through the proxy http://127.0.0.1:{proxy.port}"
        with (
            client_of(url, named, max_tries=2, read_seconds=0.2) as client,
            pytest.raises((ApiRefused, ApiUnavailable), match=told) as caught,
        ):
            client.call("getImageJobStats")
    assert "secret" not in str(caught.value)
    is_refused_tunnel = url != NOT_HERE and status
    expected = ApiNotReached if is_refused_tunnel else ApiRefused if status == 403 else ApiUnavailable
    assert caught.type is expected


def test_a_proxy_that_does_not_listen_is_named() -> None:
    port = free_port()
    told = f"{NOT_HERE} through the proxy http://127.0.0.1:{port}: .*refused"
    proxy = f"http://127.0.0.1:{port}"
    with client_of(NOT_HERE, proxy, max_tries=1) as client, pytest.raises(ApiUnavailable, match=told):
        client.call("getHealth")


def test_what_a_proxy_did_not_let_through_is_sent_again_though_it_is_not_repeatable() -> None:
    with (
        http_proxy(status=503) as proxy,
        client_of("https://api.example", proxy.url, max_tries=3) as client,
        pytest.raises(ApiUnavailable),
    ):
        client.call("deleteImageJob", path={"id": "0" * 24}, repeatable=False)
    assert [head.splitlines()[0] for head in proxy.heads] == ["CONNECT api.example:443 HTTP/1.1"] * 3
