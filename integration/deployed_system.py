"""A deployed system: each process runs its own command, the workers Dramatiq's, on shared backing services."""

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx2
from backing import Backing
from imagejobs.cli.processes import worker_shutdown_ms
from imagejobs.embedded.applications import imagejobs_command
from imagejobs.embedded.services.ports import LOOPBACK, free_port
from imagejobs.settings.settings import Settings
from redis import Redis
from running_system import QUICK, System, eventually

STOP_SECONDS = 30.0


def worker_command(processes: int, threads: int = 2) -> tuple[str, ...]:
    """The command that starts workers with Dramatiq, with the options that `imagejobs worker` passes."""
    shutdown_ms = worker_shutdown_ms(Settings.model_fields["shutdown_seconds"].default)
    options = ("--processes", str(processes), "--threads", str(threads), "--worker-shutdown-timeout", str(shutdown_ms))
    return (sys.executable, "-P", "-m", "dramatiq", "imagejobs.worker.app", *options, "--skip-logging")


COMMANDS: Mapping[str, tuple[str, ...]] = {
    "api": imagejobs_command("api"),
    "worker": worker_command(2),
    "reconciler": imagejobs_command("reconciler"),
    "queue-adapter": imagejobs_command("queue-adapter"),
}


class Deployment:
    """The system's processes by name. A process that exits is restarted, as systemd or compose.yaml would do."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self._environment = environment
        self._directory = directory
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._restarter = threading.Thread(target=self._restart_ended, name="restarter")

    def __enter__(self) -> Self:
        subprocess.run(
            imagejobs_command("indexes"), env=self._environment, cwd=self._directory, check=True, timeout=STOP_SECONDS
        )
        for name in COMMANDS:
            self.start(name)
        self._restarter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._restarter.join()
        running = list(self._processes.values())
        for process in running:
            process.terminate()
        for process in running:
            process.wait(STOP_SECONDS)

    def start(self, name: str) -> None:
        """Start a process and append its output to `<name>.log`."""
        with self._lock, (self._directory / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                COMMANDS[name], env=self._environment, cwd=self._directory, stdout=log, stderr=log
            )

    def pid(self, name: str) -> int:
        """The current process id."""
        with self._lock:
            return self._processes[name].pid

    def stop(self, name: str) -> int:
        """Send SIGTERM, do not restart the process, and return its exit code."""
        with self._lock:
            process = self._processes.pop(name)
        process.terminate()
        return process.wait(STOP_SECONDS)

    def log_tails(self) -> str:
        """The end of every process's log, for the message of a failed test."""
        return "\n".join(
            f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in self._directory.glob("*.log")
        )

    def _restart_ended(self) -> None:
        while not self._over.wait(0.2):
            with self._lock:
                for name in [name for name, process in self._processes.items() if process.poll() is not None]:
                    self.start(name)


@contextmanager
def deployed(backing: Backing, directory: Path, **settings: str) -> Iterator[tuple[System, Deployment]]:
    """A deployed system that requires client and worker tokens; its API is ready when the block begins."""
    port, token = free_port(), secrets.token_hex(8)
    chosen = {
        "API_PORT": str(port),
        "API_URL": f"http://{LOOPBACK}:{port}",
        "API_TOKENS": token,
        "WORKER_TOKENS": secrets.token_hex(8),
        "PYTHONUNBUFFERED": "1",
    }
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "PYTHONPATH") if name in os.environ}
    headers = {"Authorization": f"Bearer {token}"}
    with (
        Deployment(inherited | backing.environment() | QUICK | chosen | settings, directory) as deployment,
        httpx2.Client(base_url=chosen["API_URL"], headers=headers, timeout=20) as http,
        Redis.from_url(backing.redis_uri) as redis,
    ):
        system = System(http, redis, backing.s3.storage(backing.bucket), deployment.pid)
        eventually(system.is_ready, say=deployment.log_tails)
        yield system, deployment
