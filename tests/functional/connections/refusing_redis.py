"""A server of Redis' protocol that refuses commands with one error."""

import socketserver
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from servers.certificates import self_signed
from servers.serving import serving


class RefusingRedis:
    """Refuses every command with this error, except those that `answers` has by name. Counts its connections."""

    def __init__(self, error: str, directory: Path, answers: Mapping[bytes, bytes] | None = None) -> None:
        self.connections = 0
        self._error = f"-{error}\r\n".encode()
        self._directory = directory
        self._answers = answers or {}

    @contextmanager
    def at(self, scheme: str) -> Iterator[str]:
        """The URI of the running server: redis://, rediss:// or unix://."""
        server, uri = self._server(scheme)
        with serving(server):
            yield uri

    def _server(self, scheme: str) -> tuple[socketserver.BaseServer, str]:
        if scheme == "unix":
            path = self._directory / "socket"
            return socketserver.ThreadingUnixStreamServer(str(path), self._handler()), f"unix://{path}"
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        uri = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        if scheme == "rediss":
            context, _ = self_signed("localhost", self._directory)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            uri += "?ssl_cert_reqs=none"
        return server, uri

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        refusing = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                refusing.connections += 1
                while count := self.rfile.readline():
                    words = [self.rfile.readline() + self.rfile.readline() for _ in range(int(count[1:]))]
                    name = words[0].split()[1]
                    self.wfile.write(refusing._answers.get(name, refusing._error))

        return Handler
