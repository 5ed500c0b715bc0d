"""Watches jobs until they end."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused

POLL_SECONDS = 0.1
ENDED = frozenset({"COMPLETED", "FAILED"})

Job = Mapping[str, Any]


def watch(api: ApiClient, job_ids: Sequence[str], timeout: float) -> Iterator[tuple[str, Job | ApiRefused]]:
    """Poll until every job is COMPLETED or FAILED, at most `timeout` seconds.

    Yields the id and the job whenever its status has changed. If the API refuses to show a job, for example because it
    was deleted, yields the id and the refusal, and counts the job as ended.
    """
    deadline = time.monotonic() + timeout
    seen: dict[str, str] = {}
    waiting = list(job_ids)
    while True:
        for job_id in list(waiting):
            try:
                job = api.call("getImageJob", path={"id": job_id}).data
            except ApiRefused as refusal:
                waiting.remove(job_id)
                yield job_id, refusal
                continue
            if job["status"] in ENDED:
                waiting.remove(job_id)
            if seen.get(job_id) != job["status"]:
                seen[job_id] = job["status"]
                yield job_id, job
        if not waiting or time.monotonic() > deadline:
            return
        time.sleep(POLL_SECONDS)
