"""Use cases of jobs from settings, for the API and the reconciler alike."""

from datetime import timedelta

from imagejobs.jobs.attempts import JobAttempts
from imagejobs.jobs.deletion import JobDeletion
from imagejobs.jobs.messages import JobMessages
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.jobs.repair import Repair, RepairPolicy
from imagejobs.jobs.service import ImageJobs
from imagejobs.jobs.stores import Stores
from imagejobs.jobs.upkeep.sweep import Sweep, SweepPolicy
from imagejobs.settings.settings import Settings
from imagejobs.storage.object_storage import ObjectStorage


def image_jobs(stores: Stores, settings: Settings) -> ImageJobs:
    """What clients do with jobs."""
    return ImageJobs(stores, job_policy(settings))


def job_attempts(stores: Stores, settings: Settings) -> JobAttempts:
    """What workers do with jobs."""
    return JobAttempts(stores, job_policy(settings), job_repair(stores, settings), _legacy_lease(settings))


def job_repair(stores: Stores, settings: Settings) -> Repair:
    """What finds lost jobs and repairs them."""
    policy = RepairPolicy(
        pending_after=timedelta(seconds=settings.pending_after),
        legacy_lease=_legacy_lease(settings),
        max_attempts=settings.max_attempts,
    )
    rules = job_policy(settings)
    return Repair(stores, JobMessages(stores, rules), JobDeletion(stores, rules), policy)


def job_sweep(repository: ImageJobRepository, storage: ObjectStorage, settings: Settings) -> Sweep:
    """What removes objects that no job refers to. It needs no queue."""
    policy = SweepPolicy(settings.output_prefix, timedelta(seconds=settings.orphan_after))
    return Sweep(repository, storage, policy)


def job_policy(settings: Settings) -> JobPolicy:
    """The rules for jobs."""
    return JobPolicy(
        output_prefix=settings.output_prefix,
        renditions=settings.renditions,
        max_queue_length=settings.max_queue_length,
        accept_without_queue=settings.accept_without_queue,
        check_legacy_output=settings.check_legacy_output,
    )


def _legacy_lease(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.legacy_lease_seconds)
