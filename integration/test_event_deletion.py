"""The API is killed while it deletes or creates an event: no part of the event is left or created twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from faults.armed_points import ArmedPoints
from local_system import local_system
from pictures import jpeg
from running_system import System, eventually


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> ArmedPoints:
    return ArmedPoints(tmp_path_factory.mktemp("points"))


@pytest.fixture(scope="module")
def running(points: ArmedPoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    data_dir: Path = tmp_path_factory.mktemp("events")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in points.settings.items():
            environment.setenv(name, value)
        with local_system(data_dir) as system:
            yield system


def keys(system: System) -> set[str]:
    return {info.key for info in system.storage.list("")}


def killed(system: System, points: ArmedPoints, point: str, method: str, path: str, **request: Any) -> None:
    """Send a request. The API is killed at this point of it and restarted."""
    points.arm(point)
    with pytest.raises(httpx2.TransportError):
        system.http.request(method, path, **request)
    points.wait_until_reached(point)
    eventually(system.is_ready)


@pytest.mark.parametrize("point", ["events.removed", "jobs.all_marked_deleted"])
def test_a_deletion_that_dies_is_finished_by_the_reconciler(running: System, points: ArmedPoints, point: str) -> None:
    before = keys(running)
    event = running.create_event(("a.jpg", jpeg(64, 48, 0)), ("b.jpg", jpeg(64, 48, 1)))
    for job_id in event["imageJobIds"]:
        running.ended(job_id)
    killed(running, points, point, "DELETE", f"/api/events/{event['_id']}")
    eventually(lambda: keys(running) == before)
    assert running.http.get(f"/api/events/{event['_id']}").status_code == 404
    assert [running.http.get(f"/api/image-jobs/{each}").status_code for each in event["imageJobIds"]] == [404, 404]
    assert running.http.delete(f"/api/events/{event['_id']}").status_code == 200


@pytest.mark.parametrize("point", ["jobs.recorded"])
def test_a_creation_that_dies_is_completed_by_its_repetition(running: System, points: ArmedPoints, point: str) -> None:
    request = {
        "data": {"name": "Test Event"},
        "files": [("images", ("a.jpg", jpeg(64, 48, 0))), ("images", ("b.jpg", jpeg(64, 48, 1)))],
        "headers": {"Idempotency-Key": point},
    }
    earlier = {each["_id"] for each in running.http.get("/api/events").json()["data"]}
    killed(running, points, point, "POST", "/api/events", **request)
    answers = [running.http.post("/api/events", **request).json()["data"] for _ in range(2)]  # type: ignore[arg-type]
    assert answers[0]["imageJobIds"] == answers[1]["imageJobIds"]
    assert len(answers[0]["imageJobIds"]) == 2
    events = {each["_id"] for each in running.http.get("/api/events").json()["data"]}
    assert events - earlier == {answers[0]["_id"]}
    shown = running.http.get(f"/api/events/{answers[0]['_id']}").json()["data"]
    assert shown["imageJobIds"] == answers[0]["imageJobIds"]
    for job_id in shown["imageJobIds"]:
        assert running.ended(job_id)["status"] == "COMPLETED"
