"""The loop of every Python producer here: it reads job ids from stdin and writes the outcome of each to stdout."""

import sys
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.2


def produce(enqueue: Callable[[str], str]) -> None:
    """Enqueue each job, and retry after an error until the job is accepted, as a careful caller does.

    `enqueue` returns the id under which the job was accepted.
    """
    for line in sys.stdin:
        job_id = line.strip()
        while True:
            try:
                accepted = enqueue(job_id)
            except Exception as error:  # noqa: BLE001 - a caller would retry after any error
                print(f"refused {job_id} {type(error).__name__}", flush=True)
                time.sleep(PAUSE_SECONDS)
            else:
                print(f"accepted {accepted}", flush=True)
                break
