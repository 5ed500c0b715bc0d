"""For every operation and status that the contract documents, a request that gets this status."""

from asyncio import CancelledError
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx2
from contract.observed_answers import meant
from imagejobs.api.binding.lanes import Lanes
from imagejobs.contract.openapi import load_contract
from worlds.api_requests import OUTPUT, UNKNOWN_ID, created_job, image_bytes, image_file, patched
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, MemoryApi, memory_api, with_tokens
from worlds.raw_request import raw_request

OPERATIONS = load_contract().operations
PAIRS = [(operation.id, status) for operation in OPERATIONS.values() for status in operation.responses]

FIELDS = {"entityType": "report", "entityId": "e1"}
ANSWERED_BY_NOBODY = {"Origin": "http://page.example"}


@dataclass
class Ask:
    """A request of one operation; it is valid unless a field is replaced."""

    operation: str
    job_id: str = UNKNOWN_ID
    event_id: str = UNKNOWN_ID
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None

    def of(self, api: MemoryApi) -> Any:
        """Send the request to `api`; the response."""
        operation = OPERATIONS[self.operation]
        path = operation.path.format(id=self.event_id if "/events/" in operation.path else self.job_id)
        body = GOOD_BODIES.get(self.operation, {}) if self.body is None else self.body
        return api.client().request(operation.method, path, params=self.query, headers=self.headers, **body)


GOOD_BODIES: Mapping[str, dict[str, Any]] = {
    "createImageJob": {"data": FIELDS, "files": {"image": image_file()}},
    "updateImageJobStatus": {"json": {"status": "PROCESSING"}},
    "createEvent": {"data": {"name": "Test Event"}, "files": {"images": image_file()}},
    "updateEvent": {"data": {"community": "Test Community"}, "files": {"images": image_file()}},
}
ASK_NO_SERVICE = frozenset({"getHealth", "getMetrics", "getContract", "getDocs"})
IMAGE_FIELD = {"createImageJob": "image", "createEvent": "images", "updateEvent": "images"}


def succeeds(operation: str) -> Any:
    api = memory_api()
    client = api.client()
    job_id = created_job(client)["_id"]
    if operation == "retryImageJob":
        patched(client, job_id, status="FAILED")
    event = client.post("/api/events", files=[("name", (None, "Test Event"))])
    return Ask(operation, job_id, event.json()["data"]["_id"]).of(api)


def breaks_the_contract(operation: str) -> Any:
    if "{id}" in OPERATIONS[operation].path:
        return Ask(operation, "nonsense", "nonsense").of(memory_api())
    if OPERATIONS[operation].method == "GET":
        return Ask(operation, query={"limit": "0"}).of(memory_api())
    return Ask(operation, body={"files": {IMAGE_FIELD[operation]: image_file()}}).of(memory_api())


def has_no_token(operation: str) -> Any:
    return Ask(operation).of(with_tokens())


def has_the_wrong_token_or_origin(operation: str) -> Any:
    if not OPERATIONS[operation].security:
        return Ask(operation, headers=ANSWERED_BY_NOBODY).of(memory_api())
    schemes = {name for alternative in OPERATIONS[operation].security for name in alternative}
    if len(schemes) == 2:
        return Ask(operation, headers=ANSWERED_BY_NOBODY).of(memory_api())
    if "workerToken" in schemes:
        return Ask(operation, headers={"Authorization": f"Bearer {CLIENT_TOKENS[0]}"}).of(with_tokens())
    return Ask(operation, headers={"X-Worker-Token": WORKER_TOKENS[0]}).of(with_tokens())


def names_what_is_not_there(operation: str) -> Any:
    return Ask(operation).of(memory_api())


def contradicts_the_record(operation: str) -> Any:
    api = memory_api()
    client = api.client()
    if operation in GOOD_BODIES and operation in IMAGE_FIELD:
        event = client.post("/api/events", files=[("name", (None, "Test Event"))]).json()["data"]
        ask = Ask(operation, event_id=event["_id"], headers={"Idempotency-Key": "k"})
        assert ask.of(api).is_success
        ask.body = GOOD_BODIES[operation] | {"files": {IMAGE_FIELD[operation]: image_file(data=image_bytes("gif"))}}
        return ask.of(api)
    job_id = created_job(client)["_id"]
    patched(client, job_id, status="PROCESSING")
    patched(client, job_id, status="COMPLETED", **OUTPUT)
    return Ask(operation, job_id).of(api)


def is_too_slow(operation: str) -> Any:
    written = OPERATIONS[operation]
    assert written.body
    content_type = f"{written.body.content_type}; boundary=x"
    answer = raw_request(
        memory_api(stall_seconds=0.01),
        written.path.format(id=UNKNOWN_ID),
        {"Content-Type": content_type},
        [b"-"],
        method=written.method,
        stalls=True,
    )
    return httpx2.Response(answer.status, headers=answer.headers, content=answer.body)


def is_too_large(operation: str) -> Any:
    if operation == "updateImageJobStatus":
        return Ask(operation, body={"json": {"status": "FAILED", "errorMsg": "x" * 70_000}}).of(memory_api())
    return with_image(operation, image_bytes("png") + b"\0" * 20_000, max_upload_bytes=10_000)


def is_of_another_type(operation: str) -> Any:
    if operation == "updateImageJobStatus":
        return Ask(operation, body={"data": {"status": "PROCESSING"}}).of(memory_api())
    return with_image(operation, b"%PDF-1.7 not an image")


def is_a_damaged_image(operation: str) -> Any:
    return with_image(operation, image_bytes()[:-20])


def is_cut_off(operation: str) -> Any:
    """Cancel the request, as uvicorn cancels those still running at the end of its grace period."""
    with patch.object(Lanes, "run", side_effect=CancelledError):
        return Ask(operation).of(memory_api())


def meets_a_fault(operation: str) -> Any:
    """Let the API fail with an unforeseen exception, marked as intended for the recorder."""
    api = memory_api()
    api.app = meant(api.app)
    with patch.object(Lanes, "run", side_effect=RuntimeError("the fault of a test")):
        return Ask(operation).of(api)


def meets_an_outage(operation: str) -> Any:
    if operation in ASK_NO_SERVICE:
        return is_cut_off(operation)
    api = memory_api()
    api.cut("mongodb")
    return Ask(operation).of(api)


def with_image(operation: str, data: bytes, **settings: Any) -> Any:
    body = GOOD_BODIES[operation] | {"files": {IMAGE_FIELD[operation]: ("photo.png", data)}}
    return Ask(operation, body=body).of(memory_api(**settings))


REQUESTS: Mapping[int, Callable[[str], Any]] = {
    200: succeeds,
    201: succeeds,
    400: breaks_the_contract,
    401: has_no_token,
    403: has_the_wrong_token_or_origin,
    404: names_what_is_not_there,
    408: is_too_slow,
    409: contradicts_the_record,
    413: is_too_large,
    415: is_of_another_type,
    422: is_a_damaged_image,
    500: is_cut_off,
    503: meets_an_outage,
}
