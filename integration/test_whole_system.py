"""End to end: what the guide promises, through HTTP, Redis and the public URLs of a running system."""

import io
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import httpx2
import pytest
from deployed_system import Deployment
from imagejobs.storage.object_storage import ObjectNotFound
from pictures import jpeg, served
from PIL import Image, ImageSequence
from running_system import System, eventually, paused, signal_each

SAMPLES = Path(__file__).parent.parent / "samples"

UPLOADS = int(os.environ.get("UPLOADS", "300"))
"""How many images the eight clients upload; tox's `quick` sets fewer."""


def test_an_event_shows_its_images_once_they_are_converted(system: System) -> None:
    event = system.create_event(("a.jpg", jpeg()), ("b.jpg", jpeg(seed=5)))
    assert event["images"] == []

    for job_id in event["imageJobIds"]:
        assert system.ended(job_id)["status"] == "COMPLETED"

    shown = system.http.get(f"/api/events/{event['_id']}").json()["data"]
    assert [image["id"] for image in shown["images"]] == event["imageJobIds"]
    assert all(served(image["url"]).size == (640, 480) for image in shown["images"])


def test_images_put_to_an_event_are_shown_beside_those_it_had(system: System) -> None:
    event = system.create_event(("a.jpg", jpeg()))

    changed = system.add_images(event["_id"], ("b.jpg", jpeg(seed=1)), ("c.jpg", jpeg(seed=2)))

    assert changed["imageJobIds"][:1] == event["imageJobIds"]
    assert len(changed["imageJobIds"]) == 3
    assert changed["name"] == "Test Event"
    assert {system.ended(job_id)["status"] for job_id in changed["imageJobIds"]} == {"COMPLETED"}
    shown = system.http.get(f"/api/events/{event['_id']}").json()["data"]
    assert [image["id"] for image in shown["images"]] == changed["imageJobIds"]


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.*g*")), ids=lambda path: path.name)
def test_samples_are_converted_right(system: System, sample: Path) -> None:
    job = system.ended(system.create_job(sample.name, sample.read_bytes()))

    picture = served(job["outputImageURL"])
    with Image.open(sample) as source:
        upright = (source.height, source.width) if source.getexif().get(0x0112, 1) >= 5 else source.size
        frames = getattr(source, "n_frames", 1)
    scale = min(1, 1920 / max(upright))
    assert picture.size == tuple(round(side * scale) for side in upright)
    assert sum(1 for _ in ImageSequence.Iterator(picture)) == frames
    assert not picture.getexif().get_ifd(0x8825), "GPS is removed"
    assert (job["receipt"]["output"]["width"], job["receipt"]["output"]["height"]) == picture.size


def test_a_message_pushed_by_hand_is_processed(system: System) -> None:
    job_id = system.create_job("again.jpg", jpeg(seed=9))
    assert system.ended(job_id)["status"] == "COMPLETED"
    before = system.job(job_id)

    message = f'{{"task_type":"process_image","payload":{{"imageJobID":"{job_id}"}}}}'
    system.redis.lpush("task_queue", message)

    eventually(lambda: system.redis.llen("task_queue") == 0)
    assert system.job(job_id) == before, "a duplicate delivery changes nothing"


def test_a_malformed_message_is_kept_with_its_reason_and_another_workers_is_left(system: System) -> None:
    foreign = b'{"task_type":"send_email","payload":{"to":"someone"}}'
    system.redis.lpush("task_queue", b"\xff not json", foreign)

    dead_letter = json.loads(cast("bytes", eventually(lambda: system.redis.lindex("task_queue:dead", 0))))
    assert "JSON" in dead_letter["reason"]
    eventually(lambda: system.redis.lrange("task_queue", 0, -1) == [foreign])
    system.redis.lrem("task_queue", 1, foreign.decode())


def test_an_undecodable_image_fails_with_a_code_and_can_be_retried_and_deleted(system: System) -> None:
    broken = bytearray(jpeg(2000, 1500))
    broken[2000:-2000] = os.urandom(len(broken) - 4000)
    answer = system.http.post(
        "/api/image-jobs",
        data={"entityType": "other", "entityId": "x"},
        files={"image": ("broken.jpg", bytes(broken).replace(b"\xff\xd9", b"\x00\x00") + b"\xff\xd9")},
    )
    if answer.status_code == 422:  # the check of the structure refused it
        assert answer.json()["error"]["code"] in {"corrupt", "truncated"}
        return
    job = system.ended(answer.json()["data"]["_id"])
    assert job["status"] in {"FAILED", "COMPLETED"}


def test_a_source_that_is_gone_fails_is_retried_and_deleted(system: System) -> None:
    with paused(system.process("worker")):
        job_id = system.create_job("gone.jpg", jpeg(seed=3))
        system.storage.delete(system.job(job_id)["sourceImageKey"])
    failed = system.ended(job_id)
    assert (failed["status"], failed["errorCode"], failed["retryable"]) == ("FAILED", "source_missing", False)

    retried = system.http.post(f"/api/image-jobs/{job_id}/retry").json()["data"]
    assert (retried["status"], retried["errorMsg"]) == ("PENDING", "")
    assert system.ended(job_id)["errorCode"] == "source_missing"

    assert system.http.delete(f"/api/image-jobs/{job_id}").status_code == 200
    assert system.http.get(f"/api/image-jobs/{job_id}").status_code == 404


def test_a_failed_job_completes_when_it_is_retried_after_its_cause_is_gone(system: System) -> None:
    picture = jpeg(seed=6)
    with paused(system.process("worker")):
        job_id = system.create_job("back.jpg", picture)
        key = system.job(job_id)["sourceImageKey"]
        system.storage.delete(key)
    assert system.ended(job_id)["status"] == "FAILED"
    system.storage.put(key, io.BytesIO(picture), len(picture), "image/jpeg")

    assert system.http.post(f"/api/image-jobs/{job_id}/retry").status_code == 200

    job = system.ended(job_id)
    assert (job["status"], job["errorMsg"]) == ("COMPLETED", "")
    assert not {"errorCode", "retryable"} & job.keys()
    assert served(job["outputImageURL"]).size == (640, 480)


def test_delete_removes_record_and_both_objects(system: System) -> None:
    job = system.ended(system.create_job("delete.jpg", jpeg(seed=4)))
    assert httpx2.get(job["outputImageURL"]).status_code == 200

    assert system.http.delete(f"/api/image-jobs/{job['_id']}").status_code == 200

    assert httpx2.get(job["outputImageURL"]).status_code == 404
    for key in (job["sourceImageKey"], job["outputImageKey"]):
        with pytest.raises(ObjectNotFound):
            system.storage.head(key)
    assert system.http.delete(f"/api/image-jobs/{job['_id']}").status_code == 404


def test_uploads_by_eight_clients_all_complete_exactly_once(
    deployment: tuple[System, Deployment],
) -> None:
    system, _ = deployment
    images = [(f"{n}.jpg", jpeg(320, 240, seed=n)) for n in range(UPLOADS)]
    with ThreadPoolExecutor(8) as clients:
        job_ids = list(clients.map(lambda image: system.create_job(*image), images))

    jobs = [system.ended(job_id, 120) for job_id in job_ids]

    assert {job["status"] for job in jobs} == {"COMPLETED"}
    assert {job["attempt"] for job in jobs} == {1}
    assert len({job["outputImageKey"] for job in jobs}) == UPLOADS


def test_a_worker_killed_in_the_middle_of_a_conversion_leaves_a_job_that_completes(system: System) -> None:
    job_id = system.create_job("big.jpg", jpeg(6000, 4000))
    eventually(lambda: system.job(job_id)["status"] == "PROCESSING")

    signal_each(system.process("worker").children(recursive=True), signal.SIGKILL)

    job = system.ended(job_id)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 2)
    assert served(job["outputImageURL"]).size == (1920, 1280)


def test_a_lost_message_is_pushed_again(system: System) -> None:
    with paused(system.process("queue-adapter")):
        job_id = system.create_job("lost.jpg", jpeg(seed=7))
        system.redis.delete("task_queue", *system.redis.keys("task_queue:processing:*"))

    assert system.ended(job_id)["status"] == "COMPLETED"


def test_redis_that_loses_everything_loses_no_job(system: System) -> None:
    job_ids = [system.create_job(f"{n}.jpg", jpeg(seed=20 + n)) for n in range(6)]

    system.redis.flushall()

    assert {system.ended(job_id)["status"] for job_id in job_ids} == {"COMPLETED"}
