"""The programs of the model: what each kind of process does."""

import io
import itertools
import secrets
from collections.abc import Callable
from enum import StrEnum
from unittest.mock import patch

from imagejobs.errors import BackingServiceUnavailable
from imagejobs.jobs.model import EntityType, Failure, ImageJob, Output
from imagejobs.storage.keys import output_key
from worlds.job_world import LEASE, new_image

from protocol.actor import Actor, Role
from protocol.stage import Stage

FAILURE = Failure("the file is damaged", "corrupt", retryable=False)
AWAY = Failure("storage is unavailable", "storage_unavailable", retryable=True)
LEASE_SECONDS = LEASE.total_seconds()
SMALLER = b"smaller"


class Manner(StrEnum):
    """What a worker does with a job that it has claimed."""

    HONEST = "converts"
    FAILING = "fails"
    HANDING_BACK = "hands back"
    FORGETFUL = "forgets to upload"
    MISTAKEN = "tells another's key"
    ELSEWHERE = "tells an address of its own"
    DYING = "dies"


def worker(name: str, job_id: str, manner: Manner = Manner.HONEST, *, is_fenced: bool = True) -> Actor:
    """One delivery of a message to a worker; a legacy worker is not fenced."""

    def program(stage: Stage) -> object:
        attempts = stage.world.attempts
        job = attempts.claim(job_id, LEASE_SECONDS if is_fenced else None)
        stage.has_claimed(job)
        token = job.attempt if is_fenced else None
        if manner == Manner.FAILING:
            return _reported(lambda: attempts.fail(job_id, token, FAILURE))
        if manner == Manner.HANDING_BACK and token:
            return _reported(lambda: attempts.hand_back(job_id, token, AWAY))
        if manner == Manner.DYING:
            return None
        key = output_key(job.source_image_key, "optimized/")
        address = f"http://elsewhere.invalid/{name}" if manner == Manner.ELSEWHERE else None
        output = Output(key, address, thumb_hash=mark(job))
        if token:
            attempts.renew(job_id, token, LEASE_SECONDS)
            if manner == Manner.MISTAKEN:
                output = Output("optimized/1700000000000-0123456789ab-optimized.webp", thumb_hash=mark(job))
        if manner != Manner.FORGETFUL or not token:
            stage.storage.put(output.key, io.BytesIO(SMALLER), len(SMALLER), "image/webp")
        completed = _reported(lambda: attempts.complete(job_id, token, output))
        assert address in {None, completed.output_image_url}, f"{name} got an answer for another result"
        return completed

    return Actor(name, Role.WORKER, program, job_id, is_fenced)


def mark(job: ImageJob) -> str:
    """The content of a worker's result, which differs between attempts."""
    return f"attempt {job.attempt}"


def upload(name: str, images: int = 1, key: str | None = None) -> Actor:
    """A client's request with this many images. Requests with the same key are repetitions of one request."""

    def program(stage: Stage) -> object:
        tokens = (f"{name.encode().hex()[-8:]:0>8}{number:04x}" for number in itertools.count())
        with patch.object(secrets, "token_hex", lambda _: next(tokens)):
            return stage.world.jobs.create(EntityType.EVENT, "event-1", [new_image() for _ in range(images)], key)

    return Actor(name, Role.UPLOAD, program)


def retry(name: str, job_id: str) -> Actor:
    """A client retries a FAILED job."""
    return Actor(name, Role.RETRY, lambda stage: stage.world.jobs.retry(job_id), job_id)


def delete(name: str, job_id: str) -> Actor:
    """A client deletes a job."""
    return Actor(name, Role.DELETE, lambda stage: stage.world.jobs.delete(job_id), job_id)


def repair(name: str) -> Actor:
    """One pass of a reconciler."""
    return Actor(name, Role.REPAIR, lambda stage: stage.world.repair.run_once())


def sweep(name: str) -> Actor:
    """One pass of a sweep."""
    return Actor(name, Role.SWEEP, lambda stage: list(stage.world.sweep.run()))


def _reported(report: Callable[[], ImageJob]) -> ImageJob:
    """Repeat the call until it is answered."""
    try:
        return report()
    except BackingServiceUnavailable:
        return report()
