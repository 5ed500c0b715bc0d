"""`python -m faults.soak --minutes 30 [--seed N]`: uploads, deletions and retries under continuous random faults.

At the end the checker runs over the whole history, and the figures are printed. After a violation the exit code is 1,
and the processes' logs and the times of the faults are kept.
"""

import argparse
import logging
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backing import backing_servers

from faults.extent import SETTINGS
from faults.figures import percentile, table
from faults.history import Kind, of_kind
from faults.places import places
from faults.random_faults import RandomFaults
from faults.trial import Trial
from faults.world import World, faulty_system

CLIENTS = 6
UPLOADS_PER_SECOND = 12.0
BROKEN, DELETED, RETRIED = 0.02, 0.03, 0.03
"""Fractions of the uploads that cannot be converted, or after which a client deletes or retries an earlier job."""
PROGRESS_SECONDS = 10.0


@dataclass(frozen=True)
class Load:
    """Clients that upload at a steady rate, and also delete and retry jobs of theirs."""

    world: World
    trial: Trial
    seed: int
    over: threading.Event

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the clients until the block ends."""
        threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _run(self, number: int) -> None:
        source = random.Random(self.seed * CLIENTS + number)  # noqa: S311 - reproducible by its seed
        own: list[str] = []
        broken: list[str] = []
        while not self.over.wait(source.uniform(0, 2 * CLIENTS / UPLOADS_PER_SECOND)):
            is_broken = source.random() < BROKEN
            album = self.world.album
            job_id = self.trial.clients.upload(album.broken() if is_broken else album.next())
            if job_id:
                (broken if is_broken else own).append(job_id)
            if own and source.random() < DELETED:
                self.trial.clients.delete(own.pop(source.randrange(len(own))))
            for jobs in (broken, own):
                if jobs and source.random() < RETRIED:
                    self.trial.clients.retry(source.choice(jobs))


def main() -> int:
    """Run the soak and return the exit code."""
    arguments = argparse.ArgumentParser(prog="python -m faults.soak", description=__doc__)
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    directory = Path(tempfile.mkdtemp(prefix="soak-"))
    with (
        backing_servers() as servers,
        places(backing := servers.backing()) as ways,
        faulty_system(backing, directory, reached=ways.reached, seed=wanted.seed) as world,
    ):
        faults = RandomFaults(world, ways, wanted.seed, float(SETTINGS["LEASE_SECONDS"]))
        try:
            with world.trial("random faults") as trial:
                kinds = _soak(world, trial, faults, wanted, directory / "faults.log")
            world.assert_nothing_is_left()
        except AssertionError as violated:
            _say(f"violated:\n{violated}\nlogs: {directory}")
            return 1
        _tell(trial, kinds)
    shutil.rmtree(directory)
    return 0


def _soak(world: World, trial: Trial, faults: RandomFaults, wanted: argparse.Namespace, file: Path) -> Counter[str]:
    kinds: Counter[str] = Counter()
    end = time.monotonic() + wanted.minutes * 60
    told_at = time.monotonic()
    with Load(world, trial, wanted.seed, threading.Event()).running(), file.open("w", buffering=1) as log:
        while time.monotonic() < end:
            time.sleep(faults.pause())
            trial.inject()
            begun = datetime.now(UTC)
            kind = faults.next()
            kinds[kind] += 1
            log.write(f"{begun:%H:%M:%S.%f} to {datetime.now(UTC):%H:%M:%S.%f} {kind}\n")
            if time.monotonic() - told_at >= PROGRESS_SECONDS:
                told_at = time.monotonic()
                _say(_progress(world, trial, kinds, end - told_at))
    faults.thaw()
    return kinds


def _progress(world: World, trial: Trial, kinds: Counter[str], left: float) -> str:
    uploads = of_kind(trial.history.requests, Kind.UPLOAD)
    accepted = sum(upload.was_accepted for upload in uploads)
    unanswered = sum(upload.status is None for upload in uploads)
    return (
        f"{max(left, 0):.0f} s left: {kinds.total()} faults, {accepted} uploads accepted, {unanswered} unanswered, "
        f"{len(uploads) - accepted - unanswered} refused, {world.recorder.unfinished()} jobs under way"
    )


def _tell(trial: Trial, kinds: Counter[str]) -> None:
    """Print the table, the number of faults of each kind, and how long jobs took from upload to end."""
    finished = trial.finished()
    figures = trial.figures(finished, [])
    _say(table([figures]))
    _say(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    _say(f"{figures.duplicate_conversions} of {figures.conversions} conversions were done twice")
    accepted = {each.job_id: each.invoked_at for each in of_kind(finished.requests, Kind.UPLOAD) if each.was_accepted}
    took = [
        next(state.ended_at for state in finished.states[job_id] if state.has_ended) - begun
        for job_id, begun in accepted.items()
        if job_id and job_id in finished.records
    ]
    _say(
        f"from upload to end: p50 {percentile(took, 50):.2f} s, p99 {percentile(took, 99):.1f} s, max {max(took):.1f} s"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
