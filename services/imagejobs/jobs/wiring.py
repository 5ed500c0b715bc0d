"""Services from settings, for the API and the reconciler alike."""

from datetime import timedelta

from imagejobs.jobs.lifecycle import JobLifecycle
from imagejobs.jobs.repair import Repair, RepairPolicy
from imagejobs.jobs.service import ImageJobs, JobPolicy
from imagejobs.settings import Settings


def job_policy(settings: Settings) -> JobPolicy:
    """The rules for clients."""
    return JobPolicy(
        output_prefix=settings.output_prefix,
        renditions=settings.renditions,
        max_queue_length=settings.max_queue_length,
        accept_without_queue=settings.accept_without_queue,
    )


def job_repair(jobs: ImageJobs, settings: Settings) -> Repair:
    """What finds and mends lost jobs."""
    policy = RepairPolicy(
        pending_after=timedelta(seconds=settings.pending_after),
        legacy_lease=timedelta(seconds=settings.legacy_lease_seconds),
        max_attempts=settings.max_attempts,
    )
    return Repair(jobs, policy)


def job_lifecycle(jobs: ImageJobs, settings: Settings) -> JobLifecycle:
    """The rules for workers."""
    return JobLifecycle(
        jobs,
        job_repair(jobs, settings),
        lease=timedelta(seconds=settings.lease_seconds),
        legacy_lease=timedelta(seconds=settings.legacy_lease_seconds),
    )
