"""A system with fail points, observed workers and a recorder, in which trials run."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import deployed_system
import psutil
import redis
from backing import Backing
from deployed_system import Deployment, deployed
from imagejobs.connections.mongodb import Database
from imagejobs.jobs.records.mongo import MongoImageJobRepository
from imagejobs.jobs.upkeep.sweep import Sweep, SweepPolicy
from pymongo.errors import PyMongoError
from running_system import System, eventually

from faults.armed_points import ArmedPoints
from faults.checker import violations
from faults.extent import DRAIN_SECONDS, FULL, SETTINGS, SETTLE_SECONDS
from faults.figures import report
from faults.leftovers import PREFIX, messages, orphans, stranded, swept_away
from faults.marked_pictures import Album
from faults.recorder import Recorder
from faults.trial import Trial
from faults.witness import Witness

WORKERS = 2
INTEGRATION = Path(__file__).parent.parent


def observed_worker(processes: int, threads: int = 2) -> tuple[str, ...]:
    """The command that starts observed workers with Dramatiq."""
    command = deployed_system.worker_command(processes, threads)
    return tuple("faults.observed_worker" if word == "imagejobs.worker.app" else word for word in command)


OBSERVED_WORKER = observed_worker(WORKERS)


@dataclass(frozen=True)
class World:
    """The system into which the tests inject faults."""

    backing: Backing
    redis: "redis.Redis"
    system: System
    processes: Deployment
    points: ArmedPoints
    witness: Witness
    recorder: Recorder
    album: Album

    @contextmanager
    def trial(self, fault: str) -> Iterator[Trial]:
        """Run a trial. After the block every sentence of the promise must hold for the jobs of its clients."""
        trial = Trial.begun(fault, self.system.http, self.recorder, self.witness, self.system.storage)
        yield trial
        eventually(self.is_settled, SETTLE_SECONDS, self.processes.log_tails)
        finished = trial.finished()
        found = violations(finished)
        report(trial.figures(finished, found))
        assert not found, "\n".join([*found, self.processes.log_tails()])

    def is_settled(self) -> bool:
        """Whether the API answers and every job has ended."""
        try:
            return self.system.is_ready() and not self.recorder.unfinished()
        except PyMongoError:
            return False

    def workers_are_ready(self, processes: int = WORKERS) -> bool:
        """Whether every worker process takes messages and handles signals."""
        try:
            children = {child.pid for child in self.system.process("worker").children()}
        except psutil.NoSuchProcess:
            return False
        return len(children & self.witness.sightings().ready) == processes

    def assert_nothing_is_left(self) -> None:
        """After a sweep, no message waits and every object belongs to a job."""
        eventually(self.is_settled, SETTLE_SECONDS, self.processes.log_tails)
        self._wait_for_messages()
        self._sweep()
        records = self.recorder.read_all()
        keys = [info.key for info in self.system.storage.list("")]
        found = [*stranded(messages(self.redis), records), *orphans(keys, records), *swept_away(keys, records)]
        assert not found, "\n".join(found)

    def _wait_for_messages(self) -> None:
        """Wait for messages that expire by themselves. The reduced run ignores those of jobs that have ended."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while (left := messages(self.redis)) and time.monotonic() < deadline:
            if not FULL and not any(stranded(left, self.recorder.read_all())):
                return
            time.sleep(0.1)

    def _sweep(self) -> None:
        """Delete orphans of any age: no job is under way."""
        database = Database(self.backing.mongodb_uri)
        try:
            repository = MongoImageJobRepository(database)
            sweep = Sweep(repository, self.system.storage, SweepPolicy(PREFIX, timedelta(0)))
            for _ in sweep.run(hold_back=False):
                pass
        finally:
            database.close()


@contextmanager
def faulty_system(
    backing: Backing,
    directory: Path,
    reached: Backing | None = None,
    seed: int = 0,
    worker: tuple[str, ...] = OBSERVED_WORKER,
    **settings: str,
) -> Iterator[World]:
    """A running system. If its processes use proxies, `reached` has the proxies' addresses."""
    points, witness = ArmedPoints(directory / "points"), Witness(directory / "witness")
    path = os.pathsep.join([str(INTEGRATION), *filter(None, [os.environ.get("PYTHONPATH")])])
    chosen = {**SETTINGS, **points.settings, **witness.settings, "PYTHONPATH": path, **settings}
    with (
        redis.Redis.from_url(backing.redis_uri) as client,
        patch.dict(deployed_system.COMMANDS, worker=worker),
        Recorder(backing.mongodb_uri) as recorder,
    ):
        client.flushdb()
        with deployed(reached or backing, directory, **chosen) as (system, processes):
            yield World(backing, client, system, processes, points, witness, recorder, Album(seed))
