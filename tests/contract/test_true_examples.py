"""The API really answers like the contract's examples: with the same fields, kinds of values and error codes.

Some fields need a record with a history. The tests create it with the contract's own example requests.
"""

from typing import Any

import pytest
from contract.document import contents, resolved, specs
from contract.requests import PAIRS, REQUESTS, meets_a_fault
from imagejobs import __version__
from imagejobs.contract.openapi import DEFAULT, load_contract
from imagejobs.contract.operations import JSON
from worlds.api_requests import UNKNOWN_ID, created_job, image_file
from worlds.memory_api import memory_api

DOCUMENT = load_contract().document
SHORTENED = "getContract"
"""The operation whose example is only the beginning of its response, the document."""

FAULT = 500
"""The status with which these tests observe the response `default`."""

EXAMPLES = [
    (spec.id, FAULT if where == DEFAULT else int(where), name, resolved(DOCUMENT, example)["value"])
    for spec in specs(DOCUMENT)
    for where, content_type, media in contents(DOCUMENT, spec)
    for name, example in media.get("examples", {}).items()
    if content_type == JSON and where != "body" and (spec.id, where) != (SHORTENED, "200")
]
UPDATES = {
    name: resolved(DOCUMENT, example)["value"]
    for spec in specs(DOCUMENT)
    for where, _, media in contents(DOCUMENT, spec)
    for name, example in media.get("examples", {}).items()
    if (spec.id, where) == ("updateImageJobStatus", "body")
}
COMPLETED = DOCUMENT["components"]["examples"]["CompletedJob"]["value"]["data"]
RESULT = {name: COMPLETED[name] for name in ("renditions", "thumbHash", "dominantColor", "receipt")}
EVENT_FORM = {
    "name": "Test Event",
    "community": "Test Community",
    "date": "2024-01-01",
    "tutor[type]": "Internal",
    "tutor[name]": "John Doe",
}


class History:
    """An API, and the shapes of all its responses so far."""

    def __init__(self) -> None:
        self.client = memory_api().client()
        self.shapes: set[tuple[str, int, Any]] = set()

    def ask(self, operation: str, method: str, path: str, **request: Any) -> Any:
        """Send a request that must succeed, and note its response; the response's `data`."""
        answer = self.client.request(method, path, **request)
        assert answer.is_success, answer.text
        self.keep(operation, answer.status_code, answer.json())
        return answer.json()["data"]

    def keep(self, operation: str, status: int, body: Any) -> None:
        """Note the shape of a response. A success belongs to its operation; an error may come from any."""
        self.shapes.add((operation if status < 400 else "", status, shape(body)))

    def has(self, operation: str, status: int, body: Any) -> bool:
        """Whether a response of this shape was noted."""
        return (operation if status < 400 else "", status, shape(body)) in self.shapes

    def update(self, job_id: str, **said: Any) -> Any:
        return self.ask("updateImageJobStatus", "PATCH", f"/api/image-jobs/{job_id}/status", json=said)


def shape(value: Any) -> Any:
    """The names and kinds of an object's fields, or the set of a list's shapes. Error codes are kept as values."""
    if isinstance(value, dict):
        return frozenset((name, each if name == "code" else shape(each)) for name, each in value.items())
    if isinstance(value, list):
        return frozenset(shape(each) for each in value)
    return type(value).__name__


@pytest.fixture(scope="module")
def history() -> History:
    """The history of every documented response, two events with a COMPLETED image each, and a failed job's retry."""
    history = History()
    for operation, status in PAIRS:
        answer = REQUESTS[status](operation)
        if answer.headers["content-type"] == JSON and (operation, status) != (SHORTENED, 200):
            history.keep(operation, status, answer.json())
    history.keep("getHealth", FAULT, meets_a_fault("getHealth").json())
    unknown = {"entityType": "event", "entityId": UNKNOWN_ID}
    refused = history.client.post("/api/image-jobs", data=unknown, files={"image": image_file()})
    history.keep("createImageJob", refused.status_code, refused.json())
    finish_event(history, **RESULT)
    event_id = finish_event(history)
    history.ask("updateEvent", "PUT", f"/api/events/{event_id}", files=[("community", (None, "Test Community"))])
    failed = created_job(history.client)["_id"]
    history.update(failed, **UPDATES["claim"])
    history.update(failed, **UPDATES["fail"])
    history.ask("retryImageJob", "POST", f"/api/image-jobs/{failed}/retry")
    history.ask("getImageJobStats", "GET", "/api/image-jobs/stats")
    created_job(history.client)
    history.ask("listImageJobs", "GET", "/api/image-jobs", params={"limit": 1})
    history.ask("listEvents", "GET", "/api/events", params={"limit": 1})
    return history


def finish_event(history: History, **more: Any) -> str:
    """Create an event with every field and one COMPLETED image; its id."""
    event = history.ask("createEvent", "POST", "/api/events", data=EVENT_FORM, files={"images": image_file()})
    (job_id,) = event["imageJobIds"]
    history.update(job_id, **UPDATES["claim"])
    history.update(job_id, **UPDATES["complete"], **more)
    history.ask("getImageJob", "GET", f"/api/image-jobs/{job_id}")
    history.ask("getEvent", "GET", f"/api/events/{event['_id']}")
    return str(event["_id"])


@pytest.mark.parametrize(
    ("operation", "status", "example"),
    [(operation, status, example) for operation, status, _, example in EXAMPLES],
    ids=[f"{operation}-{status}-{name}" for operation, status, name, _ in EXAMPLES],
)
def test_the_example_is_what_the_api_answers(history: History, operation: str, status: int, example: Any) -> None:
    assert history.has(operation, status, example)


@pytest.mark.parametrize(
    "wrong",
    [
        {"success": True, "data": {"status": "ok"}},
        {"success": True, "data": {"status": "ok", "version": 1}},
        {"success": True, "data": {"status": "ok", "version": __version__, "more": 1}},
    ],
)
def test_an_example_with_other_fields_is_noticed(history: History, wrong: Any) -> None:
    assert history.has("getHealth", 200, {"success": True, "data": {"status": "ok", "version": __version__}})
    assert not history.has("getHealth", 200, wrong)


def test_an_example_with_another_code_is_noticed(history: History) -> None:
    answer: Any = {"success": False, "message": "There is none.", "error": {"code": "not_found"}}
    assert history.has("getEvent", 404, answer)
    answer["error"]["code"] = "no_such_thing"
    assert not history.has("getEvent", 404, answer)


def test_the_shortened_document_is_the_beginning_of_what_is_answered() -> None:
    (spec,) = (spec for spec in specs(DOCUMENT) if spec.id == SHORTENED)
    example = resolved(DOCUMENT, spec.written["responses"]["200"]["content"][JSON]["examples"]["shortened"])["value"]
    answer = memory_api().client().get(spec.path).json()
    assert example.keys() <= answer.keys()
    assert example["openapi"] == answer["openapi"]
    assert example["info"].items() <= answer["info"].items()


def test_a_job_shows_all_that_the_worker_said_of_it() -> None:
    client = memory_api().client()
    job_id = created_job(client)["_id"]
    said = UPDATES["fail"] | {"errorCode": "truncated", "retryable": False}
    client.patch(f"/api/image-jobs/{job_id}/status", json=said)
    assert client.get(f"/api/image-jobs/{job_id}").json()["data"].items() >= said.items()
