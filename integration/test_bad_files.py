"""A file that cannot be converted fails its own job with an error code, and affects no other job."""

import io
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psutil
from bad_pictures import BAD
from deployed_system import Deployment
from pictures import jpeg, served
from PIL import Image
from running_system import System, eventually

GOOD, CLIENTS = 200, 8
CODES = {
    "jpg": {"truncated"},
    "progressive.jpg": {"truncated"},
    "png": {"corrupt"},
    "short.png": {"corrupt", "truncated"},  # ImageMagick 6 gives no reason, 7 reports what is missing
    "gif": {"corrupt"},
    "webp": {"corrupt"},
    "tif": {"corrupt"},
}


def worker_processes(system: System) -> set[int]:
    """The ids of Dramatiq's processes, without their sandbox children."""
    return {each.pid for each in system.process("worker").children() if not is_conversion(each)}


def conversions(system: System) -> dict[psutil.Process, float]:
    """The sandbox children, and the CPU time that each has used in seconds."""
    found = {}
    for each in system.process("worker").children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if is_conversion(each):
                found[each] = sum(each.cpu_times()[:2])
    return found


def is_conversion(process: psutil.Process) -> bool:
    try:
        return "imagejobs.conversion.sandbox.child" in process.cmdline()
    except psutil.NoSuchProcess:  # it has just ended, as a conversion may; an ended worker is noticed later
        return True


def bad_files() -> list[tuple[str, bytes]]:
    """As many bad files as there are good ones, of each kind in turn."""
    kinds = [(name, BAD[name]) for name in (list(BAD) * GOOD)[:GOOD]]
    return [(f"{n}.{name}", make(random.Random(n))) for n, (name, make) in enumerate(kinds)]  # noqa: S311 - test data


def test_two_hundred_bad_files_fail_with_their_codes_among_two_hundred_good_ones(
    deployment: tuple[System, Deployment],
) -> None:
    system, _ = deployment
    before = worker_processes(system)
    bad, good = bad_files(), [(f"{n}.good.jpg", jpeg(160, 120, seed=n)) for n in range(GOOD)]
    mixed = [file for pair in zip(bad, good, strict=True) for file in pair]

    with ThreadPoolExecutor(CLIENTS) as clients:
        ids = list(clients.map(lambda file: (file[0], system.create_job(*file)), mixed))
        jobs = list(clients.map(lambda created: (created[0], system.ended(created[1], seconds=240)), ids))

    ended = dict(jobs)
    assert [name for name, _ in good if ended[name]["status"] != "COMPLETED"] == []
    wrong = {
        name: (ended[name]["status"], ended[name].get("errorCode"))
        for name, _ in bad
        if ended[name]["status"] != "FAILED" or ended[name].get("errorCode") not in CODES[name.partition(".")[2]]
    }
    assert wrong == {}
    assert all(ended[name]["retryable"] is False and ended[name]["attempt"] == 1 for name, _ in bad)
    assert worker_processes(system) == before, "no worker process died"


def test_a_conversion_that_crashes_costs_its_own_job_only(system: System) -> None:
    before = worker_processes(system)
    idle = conversions(system)
    slow = system.create_job("slow.png", slow_png())

    def busy() -> psutil.Process | None:
        at_work = (each for each, used in conversions(system).items() if used > idle.get(each, 0) + 0.5)
        return next(at_work, None)

    eventually(busy).send_signal(signal.SIGSEGV)

    job: dict[str, Any] = system.ended(slow)
    assert (job["status"], job["errorCode"]) == ("FAILED", "conversion_crash")
    next_job = system.ended(system.create_job("next.jpg", jpeg(seed=77)))
    assert served(next_job["outputImageURL"]).size == (640, 480)
    assert worker_processes(system) == before


def slow_png() -> bytes:
    """A PNG whose conversion takes seconds: nearly the maximum number of pixels in few bytes."""
    out = io.BytesIO()
    noise = Image.effect_noise((500, 500), 90).convert("RGB")
    noise.resize((7000, 7000), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()
