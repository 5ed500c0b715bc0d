"""Selected processes of ours, on backing services that they share with the existing system."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from backing import Backing
from deployed_system import worker_command
from imagejobs.embedded.applications import imagejobs_command
from imagejobs.embedded.services.ports import LOOPBACK, free_port
from interop.programs import Program, status_of
from redis import Redis
from running_system import QUICK, System, eventually


@dataclass(frozen=True, slots=True)
class Ours:
    """Our system as its clients see it, and its running processes by name."""

    system: System
    programs: Mapping[str, Program]


@contextmanager
def ours(backing: Backing, directory: Path, *names: str, token: str = "", **settings: str) -> Iterator[Ours]:
    """Run the named processes. If the API is one of them, it is ready when the block begins.

    The system's client sends `token`. With API_URL the processes use a backend that is already running.
    """
    port = free_port()
    api = {"API_PORT": str(port), "API_URL": f"http://{LOOPBACK}:{port}"}
    environment = backing.environment() | QUICK | api | settings
    commands = {name: worker_command(1) if name == "worker" else imagejobs_command(name) for name in names}
    programs = {name: Program(name, command, environment, directory) for name, command in commands.items()}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with ExitStack() as stack:
        for program in programs.values():
            program.start()
            stack.callback(program.stop)
        for program in programs.values():  # ask all of them to end before waiting for the first
            stack.callback(program.terminate)
        if "api" in programs:
            eventually(lambda: programs["api"].runs and status_of(f"{environment['API_URL']}/readyz") == 200)
        http = stack.enter_context(httpx2.Client(base_url=environment["API_URL"], headers=headers, timeout=20))
        redis = stack.enter_context(Redis.from_url(backing.redis_uri))
        storage = backing.s3.storage(backing.bucket)
        yield Ours(System(http, redis, storage, lambda name: programs[name].process.pid), programs)


def is_idle(redis: Redis) -> bool:
    """Whether no message waits, is being processed, or is scheduled for a retry."""
    keys = {key.decode() for key in redis.keys("*") if isinstance(key, bytes)}
    under_way = {"task_queue", "dramatiq:image_jobs", "dramatiq:image_jobs.msgs", "dramatiq:image_jobs.DQ.msgs"}
    return not keys & under_way and not any(key.startswith("task_queue:processing:") for key in keys)
