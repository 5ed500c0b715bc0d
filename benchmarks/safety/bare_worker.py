"""The worker without lease renewal: `dramatiq benchmarks.safety.bare_worker`."""

from imagejobs.worker.app import broker
from imagejobs.worker.job import Claim
from imagejobs.worker.jobs_api import JobsApi
from imagejobs.worker.lease import RenewedLease

__all__ = ["broker"]


def _do_not_renew(_jobs: JobsApi, _claim: Claim) -> None:
    """Leave the claim unchanged and send no request before the upload."""


def _start_no_thread(lease: RenewedLease) -> RenewedLease:
    return lease


JobsApi.renew = _do_not_renew  # type: ignore[method-assign, assignment]
RenewedLease.__enter__ = _start_no_thread  # type: ignore[method-assign, assignment]
