"""Looks at the child processes that convert images, and catches one in the middle of a conversion."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Result
from measures.decoded_pictures import encode
from servers.processes import wait_until

SLOW = Options(max_side=2048, method=6)
"""A conversion of `slow_picture` with these options takes several seconds."""
END_SECONDS = 30.0


def slow_picture() -> bytes:
    """A PNG of random noise, which keeps the encoder busy."""
    return encode(np.random.default_rng(7).integers(0, 255, (2048, 2048), np.uint8), "PNG", compress_level=1)


def cpu_seconds(pid: int) -> float:
    """The processor time that the process has used, in seconds."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def has_ended(pid: int) -> bool:
    """Whether the process has ended and its parent has waited for it."""
    return not psutil.pid_exists(pid)


def has_died(pid: int) -> bool:
    """Whether the process has ended, even if its parent has not waited for it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def has_stopped(pid: int) -> bool:
    """Whether SIGSTOP has stopped every thread of the process."""
    states = (stat.read_text().rpartition(") ")[2][:1] for stat in Path(f"/proc/{pid}/task").glob("*/stat"))
    return set(states) == {"T"}


def folder_of(pid: int) -> Path:
    """The working directory of the process."""
    return Path(psutil.Process(pid).cwd())


@contextmanager
def slow_conversion(converter: Converter, source: bytes) -> Iterator[tuple[int, Future[Result]]]:
    """Start a slow conversion of `source`; yields its future and the process id of the converter's only child."""
    converter.abilities()
    (pid,) = converter.pids
    before = cpu_seconds(pid)
    with ThreadPoolExecutor(1) as threads:
        conversion = threads.submit(converter.convert, source, SLOW)
        wait_until(lambda: cpu_seconds(pid) > before + 0.1)
        yield pid, conversion
