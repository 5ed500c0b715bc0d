"""An invalid path, query or header parameter gets the contract's error."""

from dataclasses import replace
from typing import Any

import pytest
from imagejobs.api.binding.errors import ApiError
from imagejobs.api.binding.parameters import read_params
from imagejobs.contract.openapi import load_contract
from starlette.requests import Request
from worlds.api_requests import UNKNOWN_ID, assert_error, image_file
from worlds.memory_api import MemoryApi, memory_api


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


@pytest.mark.parametrize(
    "bad_id", ["x", "655501d2f12a3d0f3c5a100", "655501d2f12a3d0f3c5a10022", "g" * 24, "%00" * 24, "٣" * 24]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/image-jobs/{}"),
        ("DELETE", "/api/image-jobs/{}"),
        ("POST", "/api/image-jobs/{}/retry"),
        ("PATCH", "/api/image-jobs/{}/status"),
        ("GET", "/api/events/{}"),
        ("PUT", "/api/events/{}"),
    ],
)
def test_an_id_that_is_no_objectid_is_400(api: MemoryApi, method: str, path: str, bad_id: str) -> None:
    answer = api.client().request(method, path.format(bad_id))
    assert_error(answer, 400, "invalid_request")
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/image-jobs/{}", {}),
        ("DELETE", "/api/image-jobs/{}", {}),
        ("POST", "/api/image-jobs/{}/retry", {}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "PROCESSING"}}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "FAILED"}}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "COMPLETED", "outputImageKey": "optimized/x.webp"}}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "PENDING", "attempt": 1}}),
        ("GET", "/api/events/{}", {}),
        ("PUT", "/api/events/{}", {"files": {"images": image_file()}}),
    ],
)
def test_an_unknown_id_is_404(api: MemoryApi, method: str, path: str, body: dict[str, Any]) -> None:
    answer = api.client().request(method, path.format(UNKNOWN_ID), **body)
    assert UNKNOWN_ID in assert_error(answer, 404, "not_found")
    api.assert_untouched()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1_0", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=" + "9" * 5_000, "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=x", "cursor"),
        ("status=DELETING", "status"),
        ("status=pending", "status"),
        ("entityType=planet", "entityType"),
        ("entityId=", "entityId"),
    ],
)
def test_a_query_that_breaks_the_contract_gets_the_place_of_each_fault(api: MemoryApi, query: str, field: str) -> None:
    answer = api.client().get(f"/api/image-jobs?{query}")
    assert_error(answer, 400, "invalid_request")
    assert field in {each["field"] for each in answer.json()["error"]["details"]}


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        (
            "/api/image-jobs?entityid=x",
            "entityid",
            "of listImageJobs. Did you mean entityId? Known: entityType, entityId,",
        ),
        ("/api/image-jobs?entity_type=event&limit=1", "entity_type", "Did you mean entityType?"),
        ("/api/image-jobs?page=2", "page", "is not a query parameter of listImageJobs. Known:"),
        ("/api/events?offset=2", "offset", "is not a query parameter of listEvents. Known: limit, cursor."),
        ("/api/events?name=x&name=y", "name", "of listEvents"),
        (f"/api/image-jobs/{UNKNOWN_ID}?fields=status", "fields", "of getImageJob. It has none."),
        ("/api/events?Idempotency-Key=x", "Idempotency-Key", "of listEvents"),
        ("/api/events?" + "x" * 5_000 + "=1", "x" * 100, "of listEvents"),
    ],
)
def test_an_unknown_query_parameter_is_named(api: MemoryApi, path: str, name: str, told: str) -> None:
    answer = api.client().get(path)
    assert_error(answer, 400, "invalid_request")
    (problem,) = answer.json()["error"]["details"]
    assert problem["field"] == name
    assert told in problem["message"]


@pytest.mark.parametrize("path", ["/healthz?probe=1", "/docs?url=x", "/openapi.json?v=2", "/metrics?name=x"])
def test_probes_and_browsers_may_add_a_query_of_their_own(api: MemoryApi, path: str) -> None:
    assert api.client().get(path).status_code == 200


def test_of_thousands_of_unknown_query_parameters_a_few_are_named(api: MemoryApi) -> None:
    answer = api.client().get("/api/image-jobs?" + "&".join(f"x{number}" for number in range(5_000)))
    assert_error(answer, 400, "invalid_request")
    assert [each["field"] for each in answer.json()["error"]["details"]] == [f"x{number}" for number in range(10)]


def test_each_parameter_that_is_required_and_absent_is_named() -> None:
    operation = load_contract().operations["listImageJobs"]
    strict = replace(operation, parameters=[replace(each, required=True) for each in operation.parameters])
    request = Request({"type": "http", "query_string": b"limit=1", "headers": [], "path_params": {}})
    with pytest.raises(ApiError) as caught:
        read_params(strict, request)
    assert caught.value.status == 400
    absent = [each.name for each in operation.parameters if each.name != "limit"]
    assert [(each.field, each.message) for each in caught.value.details] == [(name, "is required") for name in absent]


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "t\tab"])
def test_an_idempotency_key_that_breaks_the_contract_is_400(api: MemoryApi, key: str) -> None:
    answer = api.client().post(
        "/api/image-jobs",
        data={"entityType": "other", "entityId": "x"},
        files={"image": image_file()},
        headers={"Idempotency-Key": key},
    )
    assert_error(answer, 400, "invalid_request")
    api.assert_untouched()
