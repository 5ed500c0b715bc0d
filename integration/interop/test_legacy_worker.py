"""Our API with the existing worker. Our worker does not run."""

import io
from collections.abc import Iterator

import pytest
from backing import Backing
from interop.legacy_programs import NewLegacyWorker
from interop.our_programs import ours
from interop.published import served_size
from pictures import jpeg
from running_system import System, eventually, paused

LEGACY_LEASE = {"LEGACY_LEASE_SECONDS": "3"}
CASES = {"upper": (), "lower": ("--lower-case",)}
FOR_EVER = "--seconds-per-image=600"


@pytest.fixture(scope="module")
def api(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Our API only, without authentication."""
    with ours(backing, tmp_path_factory.mktemp("api"), "api", **LEGACY_LEASE) as started:
        yield started.system


@pytest.fixture(scope="module")
def mended(api: System, backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The same API with our reconciler."""
    with ours(backing, tmp_path_factory.mktemp("reconciler"), "reconciler", **LEGACY_LEASE):
        yield api


@pytest.fixture(scope="module", params=["api", "mended"])
def system(request: pytest.FixtureRequest) -> System:
    """The API alone, then the API with a reconciler."""
    found: System = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("case", CASES)
def test_an_event_shows_what_the_legacy_worker_made(
    system: System, new_legacy_worker: NewLegacyWorker, case: str
) -> None:
    worker = new_legacy_worker(system)
    worker.start_waiting(system.redis, *CASES[case])
    event = system.create_event(("a.jpg", jpeg()), ("b.jpg", jpeg()))

    jobs = [system.ended(job_id) for job_id in event["imageJobIds"]]

    assert {job["status"] for job in jobs} == {"COMPLETED"}
    shown = system.http.get(f"/api/events/{event['_id']}").json()["data"]["images"]
    assert [(image["id"], image["status"]) for image in shown] == [(job["_id"], "COMPLETED") for job in jobs]
    assert [image["url"] for image in shown] == [job["outputImageURL"] for job in jobs]
    assert {served_size(image["url"]) for image in shown} == {(640, 480)}
    sent = [status.lower() if case == "lower" else status for status in ("PROCESSING", "COMPLETED")]
    eventually(lambda: len(worker.did(did="reported")) == 4)
    for job in jobs:
        assert worker.reports(job["_id"]) == [(status, 200) for status in sent]


def test_an_upload_without_an_event_completes_as_the_guide_has_it(
    system: System, new_legacy_worker: NewLegacyWorker
) -> None:
    new_legacy_worker(system).start_waiting(system.redis)

    job = system.ended(system.create_job("photo.jpg", jpeg()))

    stem = job["sourceImageKey"].removeprefix("raw/").removesuffix(".jpg")
    assert (job["status"], job["errorMsg"], job["attempt"]) == ("COMPLETED", "", 1)
    assert job["outputImageKey"] == f"optimized/{stem}-optimized.webp"
    assert job["outputImageURL"].endswith(job["outputImageKey"])
    assert job["createdAt"] <= job["startedAt"] <= job["processedAt"]
    assert "leaseUntil" not in job
    assert served_size(job["outputImageURL"]) == (640, 480)


def test_a_failure_is_kept_as_it_was_sent_and_a_retry_is_done(
    system: System, new_legacy_worker: NewLegacyWorker
) -> None:
    content = jpeg()
    job_id = system.create_job("damaged.jpg", content)
    key = system.job(job_id)["sourceImageKey"]
    put(system, key, b"no image at all")
    worker = new_legacy_worker(system)
    worker.start(*CASES["lower"])

    failed = system.ended(job_id)

    (sent,) = eventually(lambda: worker.did(did="reported", status="failed"))
    assert sent["errorMsg"].startswith("Failed to process image: cannot identify image file")
    assert (failed["status"], failed["errorMsg"]) == ("FAILED", sent["errorMsg"])
    assert "processedAt" in failed
    assert not {"outputImageURL", "outputImageKey"} & failed.keys()

    put(system, key, content)
    assert system.http.post(f"/api/image-jobs/{job_id}/retry").json()["data"]["errorMsg"] == ""
    assert system.ended(job_id)["status"] == "COMPLETED"


def test_a_message_that_comes_again_leaves_the_record_as_it_is(
    system: System, new_legacy_worker: NewLegacyWorker
) -> None:
    worker = new_legacy_worker(system)
    worker.start_waiting(system.redis)
    before = system.ended(system.create_job("again.jpg", jpeg()))

    system.redis.lpush("task_queue", message(before["_id"]))

    eventually(lambda: len(worker.reports(before["_id"])) == 4)
    assert worker.reports(before["_id"])[2:] == [("PROCESSING", 409), ("COMPLETED", 200)]
    assert system.job(before["_id"]) == before


def test_the_message_of_a_dead_worker_is_sent_again(mended: System, new_legacy_worker: NewLegacyWorker) -> None:
    job_id = mended.create_job("popped.jpg", jpeg())
    victim = new_legacy_worker(mended)
    with paused(mended.process("api")):
        victim.start()
        eventually(lambda: victim.did(did="popped", job=job_id))
        victim.kill()
    assert mended.job(job_id)["status"] == "PENDING"

    new_legacy_worker(mended).start()

    job = mended.ended(job_id)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 1)


def test_another_worker_takes_the_job_of_a_dead_one_after_the_lease(
    mended: System, new_legacy_worker: NewLegacyWorker
) -> None:
    job_id = mended.create_job("half-done.jpg", jpeg())
    victim = new_legacy_worker(mended)
    victim.start(FOR_EVER)
    claimed = eventually(lambda: job if (job := mended.job(job_id))["status"] == "PROCESSING" else {})
    victim.kill()

    new_legacy_worker(mended).start()

    job = mended.ended(job_id)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 2)
    assert job["startedAt"] > claimed["leaseUntil"]


def test_a_worker_that_wakes_after_its_lease_changes_nothing(
    mended: System, new_legacy_worker: NewLegacyWorker
) -> None:
    job_id = mended.create_job("overtaken.jpg", jpeg())
    sleeper = new_legacy_worker(mended)
    sleeper.start("--seconds-per-image=3")
    eventually(lambda: mended.job(job_id)["status"] == "PROCESSING")
    with paused(sleeper.process):
        new_legacy_worker(mended).start()
        completed = mended.ended(job_id)

    eventually(lambda: len(sleeper.reports(job_id)) == 2)

    assert (completed["status"], completed["attempt"]) == ("COMPLETED", 2)
    assert sleeper.reports(job_id)[1] == ("COMPLETED", 200), "the same result again"
    assert mended.job(job_id) == completed


def put(system: System, key: str, content: bytes) -> None:
    """Overwrite an object."""
    system.storage.put(key, io.BytesIO(content), len(content), "image/jpeg")


def message(job_id: str) -> str:
    """A message for the job in the guide's format."""
    return f'{{"task_type":"process_image","payload":{{"imageJobID":"{job_id}"}}}}'
