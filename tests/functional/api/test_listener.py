"""Listening sockets: addresses that cannot be used, and connections that cannot be accepted."""

import asyncio
import errno
import logging
import os
import socket
import time
from typing import Any

import pytest
from imagejobs.api.connections import listener
from imagejobs.api.connections.listener import Acceptor, listen
from imagejobs.errors import ConfigurationError
from worlds.memory_api import HOST


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"API_HOST={HOST}, API_PORT={port}: Address already in use"):
            listen(HOST, port)


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"API_HOST=192\.0\.2\.1, API_PORT=0: "):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_an_address_that_this_machine_does_not_have_is_left_out(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    create = socket.create_server

    def create_without_ipv6(address: tuple[str, int], **options: Any) -> socket.socket:
        if options["family"] == socket.AF_INET6:
            raise OSError(number, os.strerror(number))
        return create(address, **options)

    found = [(socket.AF_INET6, 1, 6, "", ("::1", 0, 0, 0)), (socket.AF_INET, 1, 6, "", (HOST, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_server", create_without_ipv6)
    (listening,) = listen("localhost", 0)
    with listening:
        assert listening.getsockname()[0] == HOST


def test_a_host_that_is_no_name_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"API_HOST=a\.\.b"):
        listen("a..b", 0)


def test_answers_do_not_wait_for_acknowledgements() -> None:
    assert asyncio.run(sent_at_once_after([])) == [True]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOBUFS])
def test_a_thousand_failures_of_accept_are_one_line_and_it_goes_on(
    number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener, "RETRY_SECONDS", 0)
    with caplog.at_level(logging.INFO):
        assert asyncio.run(sent_at_once_after([OSError(number, "none left")] * 1000)) == [True]
    assert [each.message for each in caplog.records if each.name.startswith("imagejobs")] == [
        "no connection can be accepted; this process or machine may open no more files"
    ]


def test_accepting_pauses_after_every_error_that_may_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """`accept` fails at once: without a pause, the retries would take all of the process's time."""
    monkeypatch.setattr(listener, "RETRY_SECONDS", 0.1)
    began = time.monotonic()
    assert asyncio.run(sent_at_once_after([OSError(errno.EPROTO, "broken")] * 3)) == [True]
    assert time.monotonic() - began >= 0.3


def test_a_connection_that_was_closed_before_it_was_accepted_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert asyncio.run(sent_at_once_after([ConnectionAbortedError(errno.ECONNABORTED, "gone")])) == [True]
    assert caplog.messages == []


def test_what_ends_the_accepting_ends_the_server() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(sent_at_once_after([ZeroDivisionError()]))


async def sent_at_once_after(errors: list[Exception]) -> list[bool]:
    """Let `accept` raise these errors, then connect. Returns TCP_NODELAY of each accepted connection."""
    loop = asyncio.get_running_loop()
    (listening,) = listen(HOST, 0)
    waiting = iter(errors)
    accept = loop.sock_accept

    async def failing_accept(sock: socket.socket) -> tuple[socket.socket, object]:
        for error in waiting:
            raise error
        return await accept(sock)

    loop.sock_accept = failing_accept  # type: ignore[method-assign]
    made: list[bool] = []
    connected = asyncio.Event()

    class Noting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            own = transport.get_extra_info("socket")
            made.append(bool(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            connected.set()
            transport.close()

    acceptor = Acceptor(listening, Noting)
    try:
        client = socket.create_connection(listening.getsockname())
        with client:
            while not connected.is_set():
                await asyncio.sleep(0.001)
                acceptor.look()
    finally:
        acceptor.close()
        await acceptor.wait_closed()
    return made
