"""One contender at work: a Redis, a proxy on each side, a worker, a producer, and a tally of the executions."""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import psutil
from redis import Redis

from benchmarks.peers.contenders import WORKERS, Contender
from benchmarks.peers.lossy_proxy import LossyProxy
from benchmarks.peers.ours import Place
from benchmarks.peers.outcome import Execution
from benchmarks.peers.redis_process import RedisProcess
from benchmarks.peers.waiting import wait_for

START_SECONDS = 90.0
"""Long, because several trials may start at once on few cores."""
ACCEPT_SECONDS = 60.0


class Worker:
    """The worker's process with all its children."""

    def __init__(self, command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the worker without waiting until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=WORKERS, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """Send SIGKILL to the worker and all its children, as if its machine or container died."""
        if self._process is None:
            return
        with suppress(psutil.NoSuchProcess):
            main = psutil.Process(self._process.pid)
            for each in (main, *main.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGKILL)
        self._process.wait()


class Producer:
    """The producer's process. A thread reads its answers."""

    def __init__(self, command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command, env=environment, cwd=WORKERS,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        self.accepted: list[str] = []
        self.refused = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def enqueue(self, count: int) -> None:
        """Enqueue this many more jobs, one after the other, and wait until they are accepted. Raises TooLate."""
        wanted = len(self.accepted) + count
        assert self._process.stdin
        self._process.stdin.writelines(f"job-{os.urandom(4).hex()}\n" for _ in range(count))
        self._process.stdin.flush()
        wait_for(f"{count} jobs are accepted", ACCEPT_SECONDS, lambda: len(self.accepted) >= wanted)

    def forget(self) -> None:
        """Forget the accepted jobs and errors so far."""
        self.accepted.clear()
        self.refused = 0

    def end(self) -> None:
        """Stop the producer."""
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            what, job_id, *_ = line.split()
            if what == "accepted":
                self.accepted.append(job_id)
            else:
                self.refused += 1


@dataclass(slots=True)
class Scene:
    """The running parts of a trial that a fault can hit."""

    redis: RedisProcess
    producer_proxy: LossyProxy
    worker_proxy: LossyProxy
    worker: Worker
    producer: Producer
    tally: "Redis" = field(repr=False)
    holds: tuple[str, ...]

    def executions(self) -> list[Execution]:
        """The executions that the workers have recorded so far."""
        return [Execution.read(cast("bytes", line)) for line in self.tally.lrange("executions", 0, -1)]

    def begun(self) -> set[str]:
        """The accepted jobs whose execution has begun."""
        return {each.job_id for each in self.executions()} & set(self.producer.accepted)

    def kept(self) -> int:
        """The number of jobs that Redis still holds, waiting or assigned to a worker, and may deliver later."""
        with Redis(port=self.redis.port) as client:
            return sum(client.hlen(key) if client.type(key) == b"hash" else client.llen(key) for key in self.holds)

    def unfinished(self) -> set[str]:
        """The accepted jobs that have not ended yet."""
        return set(self.producer.accepted) - {each.job_id for each in self.executions() if each.what == "ended"}


@contextmanager
def scene(contender: Contender, job_seconds: float) -> Iterator[Scene]:
    """Start all parts and run a first job to its end. Raises TooLate."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        redis, tally = (stack.enter_context(RedisProcess()) for _ in range(2))
        of_producer, of_worker = (stack.enter_context(LossyProxy(redis.port, contender.job_id)) for _ in range(2))
        place = Place(directory, of_producer.port, of_worker.port, redis.port)
        settings = {
            **os.environ,
            **stack.enter_context(contender.services(place)),
            **contender.settings,
            "TALLY_PORT": str(tally.port),
            "JOB_SECONDS": str(job_seconds),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        worker_settings = settings | {"REDIS_PORT": str(of_worker.port)}
        worker = Worker(contender.worker, worker_settings, directory / "worker.log")
        stack.callback(worker.kill)
        worker.start()
        producer_settings = settings | {"REDIS_PORT": str(of_producer.port)}
        producer = Producer(contender.producer, producer_settings, directory / "producer.log")
        stack.callback(producer.end)
        client = stack.enter_context(Redis(port=tally.port))
        ready = Scene(redis, of_producer, of_worker, worker, producer, client, contender.holds)
        try:
            producer.enqueue(1)
            wait_for("the first job ends", START_SECONDS, lambda: not ready.unfinished())
        except Exception as error:
            said = (directory / "worker.log").read_text(errors="replace")[-800:]
            raise type(error)(f"{error}\n{said}") from error
        producer.forget()
        yield ready
