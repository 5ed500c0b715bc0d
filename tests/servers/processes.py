"""Real servers as child processes, on free ports of the loopback interface."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import urllib3
from imagejobs.embedded.services.mongodb import mongodb, mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.services.probes import mongodb_answers
from pymongo import MongoClient

START_SECONDS = 60.0
STOP_SECONDS = 5.0


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Poll until the condition holds. Fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {condition}")
        time.sleep(0.01)


def program(name: str) -> str:
    """The path of a program on PATH. Skips the test if the program is missing."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"needs the program {name} on PATH")
    return found


class ServerProcess:
    """A child process that can be killed and started again with the same arguments."""

    def __init__(self, arguments: list[str], answers: Callable[[], bool], environment: dict[str, str]) -> None:
        self._arguments = arguments
        self._answers = answers
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The child process that was started last."""
        assert self._process is not None, "the server was not started"
        return self._process

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = subprocess.Popen(
            self._arguments, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._is_up, START_SECONDS)

    def kill(self) -> None:
        """Kill the server (SIGKILL), as a power cut would."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """Terminate the server; kill it if it does not end in time."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"{self._arguments[0]} ended with {self.process.returncode} at its start"
        return self._answers()


class RedisServer(ServerProcess):
    """redis-server with an append-only file that is synced at each write: a kill loses nothing."""

    def __init__(self, executable: str, directory: Path, **further: str) -> None:
        """`further` are more options of redis-server, by name."""
        self.port = free_port()
        self.uri = f"redis://127.0.0.1:{self.port}/0"
        self.socket = directory / "socket"
        options = {
            "port": self.port, "bind": "127.0.0.1", "unixsocket": self.socket, "dir": directory, "save": "",
            "appendonly": "yes", "appendfsync": "always", **further,
        }  # fmt: skip
        arguments = [executable, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
        super().__init__(arguments, self._pings, {})

    @contextmanager
    def client(self) -> Iterator[redis.Redis]:
        """A client with which a test looks into the server."""
        with redis.Redis(port=self.port, socket_timeout=5) as client:
            yield client

    def _pings(self) -> bool:
        with self.client() as client:
            client.set_retry(redis.retry.Retry(redis.backoff.NoBackoff(), 0))
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@contextmanager
def redis_server(**options: str) -> Iterator[RedisServer]:
    """A running redis-server with its own directory and these options."""
    executable = program("redis-server")
    with tempfile.TemporaryDirectory() as directory:
        server = RedisServer(executable, Path(directory), **options)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that accepts connections and never sends anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield int(listener.getsockname()[1])


class MinioServer(ServerProcess):
    """A MinIO server with its own directory; `endpoint` is its S3 address."""

    ACCESS_KEY = "testaccess"
    SECRET_KEY = "testsecret"

    def __init__(self, executable: str, directory: Path) -> None:
        address = f"127.0.0.1:{free_port()}"
        self.endpoint = f"http://{address}"
        arguments = [executable, "server", "--quiet", "--address", address, str(directory)]
        environment = {
            "HOME": str(directory.parent),
            "MINIO_ROOT_USER": self.ACCESS_KEY,
            "MINIO_ROOT_PASSWORD": self.SECRET_KEY,
            "MINIO_BROWSER": "off",
        }
        super().__init__(arguments, self._is_healthy, environment)

    def _is_healthy(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.endpoint}/minio/health/ready", timeout=2, retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False


@contextmanager
def minio_server() -> Iterator[MinioServer]:
    """A running MinIO with its own directory."""
    executable = program("minio")
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        data.mkdir()
        server = MinioServer(executable, data)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class MongoServer(ServerProcess):
    """The server of MongoDB's wire protocol that `imagejobs up` would start: a mongod on PATH, else nx-27017."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        super().__init__(list(mongodb(directory, self.port).argv), self._pings, dict(os.environ))

    def uri(self, database: str) -> str:
        """The MONGODB_URI of this database."""
        return mongodb_uri(self.port, database)

    @contextmanager
    def client(self) -> Iterator[MongoClient[dict[str, Any]]]:
        """A client with which a test looks into the server."""
        opened: MongoClient[dict[str, Any]] = MongoClient(self.uri(""), tz_aware=True, serverSelectionTimeoutMS=5_000)
        with opened:
            yield opened

    def _pings(self) -> bool:
        return mongodb_answers(self.port)


@contextmanager
def mongo_server() -> Iterator[MongoServer]:
    """A running server of MongoDB's wire protocol with its own directory."""
    with tempfile.TemporaryDirectory() as directory:
        server = MongoServer(Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.stop()
