"""Services from settings, for the API and the reconciler alike."""

from datetime import timedelta

from imagejobs.jobs.attempts import JobAttempts
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.jobs.repair import Repair, RepairPolicy
from imagejobs.jobs.service import ImageJobs, JobPolicy
from imagejobs.jobs.upkeep.sweep import Sweep, SweepPolicy
from imagejobs.settings.settings import Settings
from imagejobs.storage.object_storage import ObjectStorage


def job_policy(settings: Settings) -> JobPolicy:
    """The rules for clients."""
    return JobPolicy(
        output_prefix=settings.output_prefix,
        renditions=settings.renditions,
        max_queue_length=settings.max_queue_length,
        accept_without_queue=settings.accept_without_queue,
        check_legacy_output=settings.check_legacy_output,
    )


def job_repair(jobs: ImageJobs, settings: Settings) -> Repair:
    """What finds and mends lost jobs."""
    policy = RepairPolicy(
        pending_after=timedelta(seconds=settings.pending_after),
        legacy_lease=timedelta(seconds=settings.legacy_lease_seconds),
        max_attempts=settings.max_attempts,
    )
    return Repair(jobs, policy)


def job_attempts(jobs: ImageJobs, settings: Settings) -> JobAttempts:
    """The rules for workers."""
    return JobAttempts(
        jobs,
        job_repair(jobs, settings),
        legacy_lease=timedelta(seconds=settings.legacy_lease_seconds),
    )


def job_sweep(repository: ImageJobRepository, storage: ObjectStorage, settings: Settings) -> Sweep:
    """What removes objects that are no job's."""
    return Sweep(repository, storage, SweepPolicy(settings.output_prefix, timedelta(seconds=settings.orphan_after)))
