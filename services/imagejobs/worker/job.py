"""A job as the worker knows it: the record that the API returns, the right to finish it, and its stored renditions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """An image job as the API returned it. Other backends return no `source_sha256` and count no lost leases."""

    id: str
    status: str
    source_key: str
    source_url: str
    source_sha256: str | None = None
    lost_leases: int = 0

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended."""
        return self.status in {"COMPLETED", "FAILED"}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to finish a job.

    `attempt` is its fencing token, None at a backend without leases. `lost_leases` is the job's count after the claim:
    if the claim found an expired lease, it is one higher than before.
    """

    job_id: str
    attempt: int | None
    lost_leases: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A rendition in storage; width and height in pixels. The field names are those of the API's report."""

    key: str
    url: str
    width: int
    height: int
    bytes: int
