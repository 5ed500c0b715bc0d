"""The compared systems: how to start the worker and the producer of each, and what it needs."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.ours import Place, imagejobs_services

WORKERS = Path(__file__).parent / "workers"
SLOTS = 4
"""The number of jobs that a worker executes at the same time."""

JOB_ID = re.compile(rb"(job-[0-9a-f]{8})")
OUR_JOB_ID = re.compile(rb"(?:imageJobID|image_job_id)\W{1,8}([0-9a-f]{24})")
GET_CELERY = "make a virtual environment, `pip install 'celery[redis]'` there, then CELERY_VENV=<its folder>"
GET_BULLMQ = "`npm install bullmq ioredis` in a folder, then BULLMQ_DIR=<the folder>"


class Missing(Exception):
    """A dependency that is not installed. The message says how to install it."""


def _no_services(_: Place) -> AbstractContextManager[Mapping[str, str]]:
    return nullcontext({})


@dataclass(frozen=True, slots=True)
class Contender:
    """How to run one system. Its commands run in the folder `workers`.

    `services` starts the other processes it needs and returns settings for worker and producer. `holds` names the lists
    and hashes in Redis that contain unfinished jobs.
    """

    name: str
    worker: tuple[str, ...]
    producer: tuple[str, ...]
    version: Callable[[], str]
    settings: Mapping[str, str]
    holds: tuple[str, ...]
    job_id: re.Pattern[bytes] = JOB_ID
    services: Callable[[Place], AbstractContextManager[Mapping[str, str]]] = _no_services


def contenders() -> tuple[Contender, ...]:
    """All systems, installed or not. `version` raises Missing if a system is not installed."""
    dramatiq = (sys.executable, "-m", "dramatiq", "--processes", "1", "--threads", str(SLOTS))
    celery = _celery_python()
    celery_worker = (celery, "-m", "celery", "-A", "celery_worker", "worker", "--concurrency", str(SLOTS))
    celery_producer = (celery, "celery_producer.py")
    node = ("node", "bullmq.cjs")
    return (
        Contender(
            "image-jobs",
            (*dramatiq, "--skip-logging", "our_worker"),
            (sys.executable, "our_producer.py"),
            lambda: f"image-jobs {version('image-jobs')}",
            {},
            ("task_queue", "dramatiq:image_jobs.msgs"),
            OUR_JOB_ID,
            imagejobs_services,
        ),
        Contender(
            "Dramatiq",
            (*dramatiq, "dramatiq_worker"),
            (sys.executable, "dramatiq_producer.py"),
            lambda: f"Dramatiq {version('dramatiq')}, redis-py {version('redis')}",
            {},
            ("dramatiq:default.msgs",),
        ),
        *(
            Contender(name, celery_worker, celery_producer, _celery_version, {"ACKS_LATE": late}, ("celery", "unacked"))
            for name, late in (("Celery", "no"), ("Celery, acks_late", "yes"))
        ),
        Contender(
            "BullMQ",
            (*node, "worker"),
            (*node, "producer"),
            _bullmq_version,
            {"SLOTS": str(SLOTS)},
            ("bull:jobs:wait", "bull:jobs:active"),
        ),
    )


def _celery_python() -> str:
    environment = os.environ.get("CELERY_VENV")
    return str(Path(environment).absolute() / "bin" / "python") if environment else sys.executable


def _celery_version() -> str:
    names = ("celery", "kombu", "redis")
    program = f"from importlib.metadata import version; print(*map(version, {names}))"
    celery, kombu, redis = _said((_celery_python(), "-c", program), GET_CELERY).split()
    return f"Celery {celery}, kombu {kombu}, redis-py {redis}"


def _bullmq_version() -> str:
    return _said(("node", str(WORKERS / "bullmq.cjs"), "version"), GET_BULLMQ)


def _said(command: tuple[str, ...], how_to_get_it: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        raise Missing(how_to_get_it) from None
