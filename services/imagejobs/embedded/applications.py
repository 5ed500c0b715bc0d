"""The `imagejobs` commands that `up` runs: their command lines, environment and readiness."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.ports import LOOPBACK
from imagejobs.embedded.services.probes import http_answers, worker_consumes
from imagejobs.embedded.services.redis_server import redis_uri
from imagejobs.embedded.supervision.child_spec import ChildSpec, Groups, alive
from imagejobs.settings.settings import Settings

CommandLine = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The ports of one local system on 127.0.0.1."""

    api_port: int
    redis_port: int
    mongodb_port: int

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return f"http://{LOOPBACK}:{self.api_port}"


def imagejobs_command(name: str) -> tuple[str, ...]:
    """The command line of `imagejobs NAME` in this Python environment. Modules in the working directory are ignored."""
    return (sys.executable, "-P", "-m", "imagejobs", name)


def application_environment(
    settings: Settings, addresses: Addresses, data_dir: Path, workers: int | None
) -> dict[str, str]:
    """This process's environment, with the settings by which the commands find each other on this machine.

    R2_PUBLIC_URL is one of them, because an `.env` file may set it: images have URLs of the local API.
    """
    chosen = {
        "REDIS_URI": redis_uri(addresses.redis_port),
        "REDIS_NAMESPACE": settings.redis_namespace,
        "MONGODB_URI": mongodb_uri(addresses.mongodb_port),
        "STORAGE": "filesystem",
        "DATA_DIR": str(data_dir),
        "R2_PUBLIC_URL": f"{addresses.api_url}/media",
        "API_HOST": LOOPBACK,
        "API_PORT": str(addresses.api_port),
        "API_URL": addresses.api_url,
        "WORKER_PROCESSES": str(workers or settings.worker_processes),
        "API_TOKENS": ",".join(token.get_secret_value() for token in settings.api_tokens),
        "WORKER_TOKENS": ",".join(token.get_secret_value() for token in settings.worker_tokens),
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **chosen}


def applications(env: Mapping[str, str], addresses: Addresses, data_dir: Path, command: CommandLine) -> Groups:
    """The commands, in order of dependency.

    The indexes are created while the API starts. The queue adapter starts last: its first message would add a
    heartbeat to the set that tells whether the worker is ready.
    """

    def application(name: str, ready: Callable[[float], bool] = alive, *, one_shot: bool = False) -> ChildSpec:
        return ChildSpec(name, command(name), env, data_dir / "logs" / f"{name}.log", ready, one_shot)

    def consumes(started_at: float) -> bool:
        return worker_consumes(addresses.redis_port, started_at, env.get("REDIS_NAMESPACE", ""))

    return (
        (
            application("indexes", one_shot=True),
            application("api", lambda _started_at: http_answers(addresses.api_port, "/readyz")),
            application("worker", consumes),
            application("reconciler"),
        ),
        (application("queue-adapter"),),
    )
