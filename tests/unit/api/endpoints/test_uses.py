"""Each endpoint declares the services that it calls."""

from typing import Any
from unittest.mock import patch

import pytest
from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.endpoint import Endpoint, Uses
from imagejobs.api.binding.lanes import Lanes
from imagejobs.contract.openapi import load_contract
from worlds.api_requests import created_job, image_file, patched
from worlds.memory_api import MemoryApi, memory_api

JOB_FORM = {"data": {"entityType": "report", "entityId": "e1"}, "files": {"image": image_file()}}
IMAGES = {"files": {"images": image_file()}}
NAME = {"files": [("name", (None, "Fair"))]}
REQUESTS: list[tuple[str, dict[str, Any], Uses]] = [
    ("createImageJob", JOB_FORM, Uses.STORAGE),
    ("listImageJobs", {}, Uses.RECORDS),
    ("getImageJobStats", {}, Uses.RECORDS),
    ("getImageJob", {}, Uses.RECORDS),
    ("updateImageJobStatus", {"json": {"status": "PROCESSING", "attempt": 1}}, Uses.RECORDS),
    ("updateImageJobStatus", {"json": {"status": "FAILED"}}, Uses.RECORDS),
    ("updateImageJobStatus", {"json": {"status": "completed", "attempt": 1, "outputImageKey": "its"}}, Uses.STORAGE),
    ("updateImageJobStatus", {"json": {"status": "COMPLETED", "outputImageKey": "its"}}, Uses.RECORDS),
    ("retryImageJob", {}, Uses.RECORDS),
    ("deleteImageJob", {}, Uses.STORAGE),
    ("createEvent", NAME, Uses.RECORDS),
    ("createEvent", {"data": {"name": "Fair"}} | IMAGES, Uses.STORAGE),
    ("listEvents", {}, Uses.RECORDS),
    ("getEvent", {}, Uses.RECORDS),
    ("updateEvent", NAME, Uses.RECORDS),
    ("updateEvent", IMAGES, Uses.STORAGE),
    ("deleteEvent", {}, Uses.STORAGE),
    ("getHealth", {}, Uses.NOTHING),
    ("getReadiness", {}, Uses.RECORDS),
    ("getMetrics", {}, Uses.RECORDS),
    ("getContract", {}, Uses.NOTHING),
    ("getDocs", {}, Uses.NOTHING),
]
OPERATIONS = load_contract().operations


def uses(api: MemoryApi, operation_id: str, request: dict[str, Any]) -> tuple[Uses, Uses]:
    """What the endpoint declares for the request, and what it calls. A ping of the storage counts as RECORDS."""
    client, operation = api.client(), OPERATIONS[operation_id]
    job = created_job(client)
    patched(client, job["_id"], status="FAILED" if operation_id == "retryImageJob" else "PROCESSING")
    event = client.post("/api/events", data={"name": "Old"}, files={"images": image_file()}).json()["data"]
    if "outputImageKey" in request.get("json", {}):
        key = job["sourceImageKey"].replace("raw/", "optimized/").rsplit(".", 1)[0] + "-optimized.webp"
        request = {"json": request["json"] | {"outputImageKey": key}}
    for line in (line for lines in api.lines.values() for line in lines):
        line.calls.clear()
    declared: list[Uses] = []
    run = Lanes.run

    async def noting(lanes: Lanes, endpoint: Endpoint, call: Call) -> Reply:
        declared.append(endpoint.uses_for(call))
        return await run(lanes, endpoint, call)

    path = operation.path.format(id=event["_id"] if "/events/" in operation.path else job["_id"])
    with patch.object(Lanes, "run", noting):
        client.request(operation.method, path, **request)
    called = {name: [call for line in lines for call in line.calls] for name, lines in api.lines.items()}
    if set(called["storage"]) - {"ping"}:
        return declared[0], Uses.STORAGE
    return declared[0], Uses.RECORDS if any(called.values()) else Uses.NOTHING


@pytest.mark.parametrize(
    ("operation_id", "request_", "expected"), REQUESTS, ids=[f"{o}-{u.name}" for o, _, u in REQUESTS]
)
def test_an_endpoint_declares_what_it_calls(operation_id: str, request_: dict[str, Any], expected: Uses) -> None:
    assert uses(memory_api(), operation_id, request_) == (expected, expected)


def test_a_result_without_an_attempt_is_looked_for_where_the_settings_ask_for_it() -> None:
    report = {"json": {"status": "COMPLETED", "outputImageKey": "its"}}
    api = memory_api(check_legacy_output=True)
    assert uses(api, "updateImageJobStatus", report) == (Uses.STORAGE, Uses.STORAGE)


def test_every_operation_is_tried() -> None:
    assert {operation_id for operation_id, *_ in REQUESTS} == set(OPERATIONS)
