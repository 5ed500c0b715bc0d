"""Idle connections: how long they stay open, and what happens to them when the server stops."""

import time
from contextlib import ExitStack

import pytest
from functional.api.raw_http import connected, head, is_ended, read_answer
from imagejobs.api import server
from imagejobs.api.limits import ConnectionLimits
from servers.api_server import served
from worlds.memory_api import memory_api, memory_settings

ALB_SECONDS = NGINX_SECONDS = 60
"""Defaults for which load balancers keep an idle connection; they may send a request right before the end."""


def test_a_connection_outlives_what_load_balancers_keep() -> None:
    bounded = server.BoundedServer(memory_api().app, ConnectionLimits.of(memory_settings()))
    assert bounded.config.timeout_keep_alive > max(ALB_SECONDS, NGINX_SECONDS)


def test_an_idle_connection_is_kept_as_long_as_the_setting_says() -> None:
    with served(memory_api().app, keep_alive_seconds=2) as address, connected(address) as client:
        for _ in range(2):
            began = time.monotonic()
            client.sendall(head("GET /healthz"))
            assert read_answer(client).status == 200
        assert is_ended(client)
        assert time.monotonic() - began > 1.8


@pytest.mark.parametrize("rest", [b"", b"12345"], ids=["without a body", "with a body that was refused"])
def test_it_is_closed_also_after(rest: bytes) -> None:
    with served(memory_api().app, keep_alive_seconds=1) as address, connected(address) as client:
        client.sendall(head("POST /nothing", Content_Length=len(rest)))
        assert read_answer(client).status == 404
        client.sendall(rest)
        assert is_ended(client)


def test_a_server_that_ends_waits_for_no_idle_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACEFUL_SECONDS", 40)
    with ExitStack() as stack:
        with served(memory_api().app) as address:
            idle = [stack.enter_context(connected(address)) for _ in range(5)]
            for client in idle[1:]:
                client.sendall(head("GET /healthz"))
                assert read_answer(client).status == 200
            began = time.monotonic()
        assert time.monotonic() - began < 20
        assert all(is_ended(client) for client in idle)


def test_idle_connections_make_room_for_new_ones() -> None:
    with served(memory_api().app, max_connections=3) as address, ExitStack() as stack:
        clients = []
        for _ in range(10):
            clients.append(stack.enter_context(connected(address)))
            clients[-1].sendall(head("GET /api/events"))
            assert read_answer(clients[-1]).status == 200
        assert all(is_ended(client) for client in clients[:6])
        clients[-1].sendall(head("GET /healthz"))
        assert read_answer(clients[-1]).status == 200
