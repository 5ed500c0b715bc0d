"""The loop of every Python producer here: job ids come in by lines, what became of each goes out by lines."""

import sys
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.2


def produce(enqueue: Callable[[str], str]) -> None:
    """Enqueue each job until that is known to have worked, as a caller does who wants it done.

    `enqueue` returns the id under which the job was accepted.
    """
    for line in sys.stdin:
        job_id = line.strip()
        while True:
            try:
                accepted = enqueue(job_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller would try again
                print(f"refused {job_id} {type(error).__name__}", flush=True)
                time.sleep(PAUSE_SECONDS)
            else:
                print(f"accepted {accepted}", flush=True)
                break
