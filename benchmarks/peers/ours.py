"""This system's processes beside its worker: the API, the queue adapter, the reconciler, and a MongoDB server."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from imagejobs.embedded.applications import Addresses, application_environment, imagejobs_command
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.services.probes import http_answers
from imagejobs.embedded.services.redis_server import redis_uri
from imagejobs.settings.settings import load_settings

from benchmarks.peers.waiting import wait_for
from benchmarks.sweep import server as mongodb_server

START_SECONDS = 180.0
"""Long, because parallel trials may keep the CPU busy."""
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """A trial's folder, and the ports through which producers, workers and all other processes reach Redis."""

    directory: Path
    producer_port: int
    worker_port: int
    redis_port: int


@contextmanager
def imagejobs_services(place: Place) -> Iterator[Mapping[str, str]]:
    """Run these processes with their defaults, and yield settings for worker and producer. The API enqueues."""
    with ExitStack() as stack:
        mongodb_port = int(stack.enter_context(mongodb_server(None)).rpartition(":")[2])
        addresses = Addresses(free_port(), place.redis_port, mongodb_port)
        settings = load_settings(storage="filesystem")
        environment = application_environment(settings, addresses, place.directory, workers=1)
        for_api = environment | {"REDIS_URI": redis_uri(place.producer_port)}
        subprocess.run(imagejobs_command("indexes"), env=environment, check=True, stdout=subprocess.DEVNULL)
        for name, its in (("api", for_api), ("queue-adapter", environment), ("reconciler", environment)):
            stack.enter_context(_running(name, its, place.directory))
        wait_for("the API is ready", START_SECONDS, lambda: http_answers(addresses.api_port, "/readyz"))
        yield environment | {"REDIS_URI": redis_uri(place.worker_port)}


@contextmanager
def _running(name: str, environment: Mapping[str, str], directory: Path) -> Iterator[None]:
    with (directory / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(imagejobs_command(name), env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
