"""Walks along the contract's links: values of one operation's response become parameters of the next operation."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from contract.document import resolved
from contract.requests import GOOD_BODIES
from contract.schema import EXAMPLES, MAX_IMAGES, configuration, corrected, operation_id, right_token
from hypothesis import HealthCheck, settings
from imagejobs.contract.openapi import METHODS, load_contract
from schemathesis import Case
from schemathesis.core.transport import Response
from worlds.api_requests import created_job, image_file, patched
from worlds.memory_api import memory_api, with_tokens

STEPS = 12

REACHED: Mapping[str, frozenset[tuple[str, int]]] = {
    "image-jobs": frozenset(
        {
            ("createImageJob", 201),
            ("getImageJob", 200),
            ("updateImageJobStatus", 200),
            ("updateImageJobStatus", 409),
            ("retryImageJob", 409),
            ("deleteImageJob", 200),
            ("deleteImageJob", 404),
        }
    ),
    "events": frozenset({("createEvent", 201), ("getEvent", 200), ("updateEvent", 200)}),
}
"""Responses that no single request gets, because they need a record made by another. Rarer links: the test below."""


@pytest.mark.parametrize("tag", REACHED)
def test_walks_along_the_links_keep_the_contract(tag: str) -> None:
    api = with_tokens(api_host="testserver", max_images=MAX_IMAGES)
    whole = schemathesis.openapi.from_asgi("/openapi.json", api.app, config=configuration())
    schema = corrected(whole.include(tag=tag).exclude(operation_id=["listImageJobs", "getImageJobStats", "listEvents"]))
    seen: Counter[tuple[str, int]] = Counter()

    class Walk(schema.as_state_machine()):  # type: ignore[misc]  # made at run time
        def setup(self) -> None:
            api.clear()  # a walk must not depend on the walks before it, or it could not be repeated

        def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
            return {"headers": right_token(case)}

        def after_call(self, response: Response, case: Case[Any]) -> None:
            super().after_call(response, case)
            seen[operation_id(case), response.status_code] += 1

    Walk.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),  # images make large data; the run is bounded by max_examples
        )
    )
    missed = sorted(REACHED[tag] - seen.keys())
    assert not missed, f"not reached: {missed}; reached: {sorted(seen.items())}"


CONTRACT = load_contract()
LINKS = [
    (spec["operationId"], int(status), name)
    for item in CONTRACT.document["paths"].values()
    for spec in (item[method] for method in METHODS if method in item)
    for status, response in spec["responses"].items()
    for name in resolved(CONTRACT.document, response).get("links", {})
]
REFUSED = {("createImageJob", "retryImageJob"): 409}
"""Links whose target refuses right after their source: a PENDING job cannot be retried."""


@pytest.mark.parametrize(("source", "status", "name"), LINKS)
def test_each_link_leads_from_its_answer_to_the_next_operation(source: str, status: int, name: str) -> None:
    client = memory_api().client()
    answer = answer_of(client, source)
    assert answer.status_code == status
    document = CONTRACT.document["paths"][CONTRACT.operations[source].path][CONTRACT.operations[source].method.lower()]
    link = resolved(CONTRACT.document, document["responses"][str(status)]["links"][name])
    assert link.keys() == {"description", "operationId", "parameters"}
    assert link["parameters"] == {"id": "$response.body#/data/_id"}
    target = CONTRACT.operations[link["operationId"]]
    path = target.path.format(id=answer.json()["data"]["_id"])
    followed = client.request(target.method, path, **GOOD_BODIES.get(target.id, {}))
    assert followed.status_code == REFUSED.get((source, name), 200), followed.text


def answer_of(client: Any, operation: str) -> Any:
    """The response of an operation that has links."""
    if operation in {"createEvent", "updateEvent"}:
        created = client.post("/api/events", files=[("name", (None, "Test Event"))])
        path = f"/api/events/{created.json()['data']['_id']}"
        return created if operation == "createEvent" else client.put(path, files=[("name", (None, "Other"))])
    if operation == "createImageJob":
        return client.post(
            "/api/image-jobs", data={"entityType": "other", "entityId": "x"}, files={"image": image_file()}
        )
    job_id = created_job(client)["_id"]
    failed = patched(client, job_id, status="FAILED")
    return failed if operation == "updateImageJobStatus" else client.post(f"/api/image-jobs/{job_id}/retry")
