"""Without a queue adapter: the API pushes jobs straight to Dramatiq, and the promise is the same."""

from collections.abc import Iterator

import pytest
from backing import Backing
from deployed_system import deployed
from pictures import jpeg
from running_system import System, eventually


@pytest.fixture(scope="module")
def system(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with deployed(backing, tmp_path_factory.mktemp("straight"), ENQUEUE_TO="dramatiq") as (system, deployment):
        assert deployment.stop("queue-adapter") == 0
        yield system


def test_a_job_is_done_and_the_list_never_used(system: System) -> None:
    job_ids = [system.create_job(f"{n}.jpg", jpeg(200, 100, seed=n)) for n in range(5)]
    assert {system.ended(job_id)["status"] for job_id in job_ids} == {"COMPLETED"}
    assert not system.redis.exists("task_queue")


def test_a_queue_that_was_lost_is_filled_again(system: System) -> None:
    job_ids = [system.create_job(f"{n}.jpg", jpeg(1600, 1200, seed=n)) for n in range(12)]
    system.redis.flushdb()
    assert {system.ended(job_id)["status"] for job_id in job_ids} == {"COMPLETED"}


def test_the_statistics_tell_how_many_wait_there(system: System) -> None:
    answer = system.http.get("/api/image-jobs/stats").json()["data"]
    assert answer["queueLength"] == 0
    eventually(lambda: system.redis.llen("dramatiq:image_jobs") == 0)
