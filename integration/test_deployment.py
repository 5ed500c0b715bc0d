"""The processes under real signals: jobs that SIGTERM delays or kill -9 interrupts are still completed."""

import signal
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from deployed_system import COMMANDS, Deployment
from pictures import jpeg
from running_system import System, eventually, family_of, signal_each

JOBS = 24


def uploads(system: System, seed: int) -> list[str]:
    """Upload jobs that keep the workers busy for a few seconds."""
    images = [(f"{n}.jpg", jpeg(1600, 1200, seed=seed + n)) for n in range(JOBS)]
    with ThreadPoolExecutor(4) as clients:
        return list(clients.map(lambda image: system.create_job(*image), images))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_restart_delays_jobs_and_fails_none(deployment: tuple[System, Deployment], name: str) -> None:
    system, processes = deployment
    job_ids = uploads(system, seed=0)
    system.ended(job_ids[0])  # a process that is still starting does not handle signals yet

    exit_code = processes.stop(name)
    processes.start(name)

    assert exit_code == 0
    eventually(system.is_ready)
    assert {system.ended(job_id, 90)["status"] for job_id in job_ids} == {"COMPLETED"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_process_is_replaced_and_no_job_is_lost(deployment: tuple[System, Deployment], name: str) -> None:
    system, _ = deployment
    job_ids = uploads(system, seed=100)

    killed = system.process(name)
    signal_each(reversed(family_of(killed)), signal.SIGKILL)

    eventually(lambda: system.pid(name) != killed.pid and psutil.pid_exists(system.pid(name)) and system.is_ready())
    assert {system.ended(job_id, 90)["status"] for job_id in job_ids} == {"COMPLETED"}


def test_nothing_is_left_behind_when_all_is_done(deployment: tuple[System, Deployment]) -> None:
    system, _ = deployment
    job_ids = uploads(system, seed=200)
    outputs = {system.ended(job_id)["outputImageKey"] for job_id in job_ids}

    assert outputs <= {info.key for info in system.storage.list("optimized/")}
    eventually(lambda: system.redis.llen("task_queue") == 0)
    eventually(lambda: not system.redis.keys("task_queue:processing:*"))
    eventually(lambda: not system.redis.exists("dramatiq:image_jobs"))
    assert not system.redis.exists("task_queue:dead")
