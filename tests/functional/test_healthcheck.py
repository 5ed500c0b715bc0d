"""The HEALTHCHECK of the container image, as a separate process against a real server."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from servers.api_server import has_ipv6
from servers.serving import serving

PROGRAM = Path(__file__).parents[2] / "scripts" / "healthcheck.py"
NOBODY = "http://127.0.0.1:9"


class Server(ThreadingHTTPServer):
    """On an IPv6 address it accepts no IPv4 connections, like a server of asyncio."""

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(host: str) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = type("_", (Server,), {"address_family": family})((host, 0), Health)
    with serving(server):
        yield server.server_address[1]


def check(port: int, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-S", str(PROGRAM)]
    own = {"PATH": os.environ["PATH"], "API_PORT": str(port), **environment}
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize(
    ("listens_on", "api_host"),
    [("127.0.0.1", ""), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"), ("127.0.0.1", "::")],  # noqa: S104 - of the test
)
def test_it_asks_the_address_that_the_api_listens_on_past_every_proxy(listens_on: str, api_host: str) -> None:
    if ":" in listens_on and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with listening(listens_on) as port:
        proxies = {"http_proxy": NOBODY, "HTTP_PROXY": NOBODY, "ALL_PROXY": NOBODY}
        result = check(port, API_HOST=api_host, **proxies)
    assert (result.returncode, result.stderr) == (0, "")


def test_an_api_that_does_not_answer_is_not_healthy() -> None:
    result = check(9, API_HOST="0.0.0.0")  # noqa: S104 - of the test
    assert result.returncode == 1
    assert result.stderr.startswith("the API is not healthy: 127.0.0.1 port 9: ")
