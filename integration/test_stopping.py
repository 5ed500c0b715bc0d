"""Workers that stop in the middle of long conversions hand their running jobs back immediately."""

from pathlib import Path

import psutil
from backing import Backing
from deployed_system import deployed
from pictures import jpeg
from running_system import System, eventually
from worlds.conversion_children import has_died

LEASE_SECONDS = "120"
"""So long that a job cannot be completed by waiting for its lease to expire."""

SIDE = 4500


def large_uploads(system: System) -> list[str]:
    """Upload jobs that take seconds each, because their results are as large as their sources."""
    return [system.create_job(f"{n}.jpg", jpeg(SIDE, SIDE * 2 // 3, seed=n)) for n in range(3)]


def running(system: System, job_ids: list[str]) -> list[str]:
    return [job_id for job_id in job_ids if system.job(job_id)["status"] == "PROCESSING"]


def test_jobs_of_a_killed_main_process_are_handed_back(backing: Backing, tmp_path: Path) -> None:
    """The worker processes survive the main process and must end by themselves."""
    settings = {"SHUTDOWN_SECONDS": "0.01", "LEASE_SECONDS": LEASE_SECONDS, "MAX_SIDE": str(SIDE)}
    with deployed(backing, tmp_path, **settings) as (system, deployment):
        job_ids = large_uploads(system)
        main = psutil.Process(deployment.pid("worker"))
        eventually(lambda: len(running(system, job_ids)) > 1)
        family = main.children(recursive=True)
        main.kill()
        eventually(lambda: all(has_died(each.pid) for each in family), 20, say=deployment.log_tails)
        ended = [system.ended(job_id, 100) for job_id in job_ids]
    assert {(job["status"], job["lostLeases"]) for job in ended} == {("COMPLETED", 0)}
    assert max(job["attempt"] for job in ended) > 1


def test_what_is_running_is_handed_back_and_done_by_the_next_worker(backing: Backing, tmp_path: Path) -> None:
    settings = {"SHUTDOWN_SECONDS": "0.01", "LEASE_SECONDS": LEASE_SECONDS, "MAX_SIDE": str(SIDE)}
    with deployed(backing, tmp_path, **settings) as (system, deployment):
        job_ids = large_uploads(system)
        eventually(lambda: len(running(system, job_ids)) > 1)
        assert deployment.stop("worker") == 0
        assert running(system, job_ids) == [], deployment.log_tails()
        assert "handed back, The worker was stopped" in (tmp_path / "worker.log").read_text()
        deployment.start("worker")
        ended = [system.ended(job_id, 100) for job_id in job_ids]
    assert {job["status"] for job in ended} == {"COMPLETED"}
    assert max(job["attempt"] for job in ended) > 1
