"""An invalid JSON body gets the contract's error and changes no record."""

import itertools
import json
from typing import Any

import pytest
from worlds.api_requests import JSON_TYPE, UNKNOWN_ID, assert_error, created_job, patched
from worlds.memory_api import MemoryApi, memory_api
from worlds.raw_request import raw_request


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def patch_raw(api: MemoryApi, body: bytes, headers: dict[str, str] = JSON_TYPE) -> Any:
    job_id = created_job(api.client())["_id"]
    before = api.all_jobs()
    answer = api.client().patch(f"/api/image-jobs/{job_id}/status", content=body, headers=headers)
    assert api.all_jobs() == before
    return answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"status=PROCESSING",
        b"\xff\xfe\x00",
        b'{"status": "FAILED", "errorMsg": NaN}',
        b'{"status": "FAILED", "note": NaN}',
        b'{"status": "FAILED", "note": [-Infinity]}',
        b'{"status": "PROCESSING", "leaseSeconds": Infinity}',
        b'{"status": "PROCESSING", "leaseSeconds": -Infinity}',
        b'{"status": "FAILED", "errorMsg": "\\ud800"}',
        b'{"status": "PROCESSING", "\\udfff": 1}',
        b"[" * 30_000,
        b'{"status": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"1" * 5_000,
    ],
)
def test_what_is_no_json_is_400(api: MemoryApi, body: bytes) -> None:
    answer = patch_raw(api, body)
    message = assert_error(answer, 400, "invalid_request")
    assert "not JSON" in message or "not of type" in message


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        (None, ""),
        ("PROCESSING", ""),
        ({}, "status"),
        ({"status": "DONE"}, "status"),
        ({"status": "Processing"}, "status"),
        ({"status": "DELETING"}, "status"),
        ({"status": None}, "status"),
        ({"status": ["PROCESSING"]}, "status"),
        ({"status": "COMPLETED"}, "outputImageKey"),
        ({"status": "completed", "outputImageKey": ""}, "outputImageKey"),
        (
            {"status": "COMPLETED", "outputImageKey": "optimized/x", "outputImageURL": "javascript:alert(1)"},
            "outputImageURL",
        ),
        ({"status": "COMPLETED", "outputImageKey": "optimized/x", "receipt": {}}, "receipt.source"),
        ({"status": "PENDING"}, "attempt"),
        ({"status": "PROCESSING", "attempt": 0}, "attempt"),
        ({"status": "PROCESSING", "attempt": 1.5}, "attempt"),
        ({"status": "PROCESSING", "attempt": "1"}, "attempt"),
        ({"status": "PROCESSING", "attempt": 2**31}, "attempt"),
        ({"status": "PROCESSING", "leaseSeconds": 0}, "leaseSeconds"),
        ({"status": "PROCESSING", "leaseSeconds": 1e300}, "leaseSeconds"),
        ({"status": "FAILED", "errorMsg": 7}, "errorMsg"),
        ({"status": "FAILED", "errorCode": "Not A Code"}, "errorCode"),
        ({"status": "FAILED", "retryable": "yes"}, "retryable"),
    ],
)
def test_json_that_breaks_the_contract_gets_the_place_of_each_fault(api: MemoryApi, body: Any, field: str) -> None:
    answer = patch_raw(api, json.dumps(body).encode())
    assert_error(answer, 400, "invalid_request")
    assert field in {each.get("field", "") for each in answer.json()["error"]["details"]}


def test_json_over_64_kib_is_413(api: MemoryApi) -> None:
    answer = patch_raw(api, json.dumps({"status": "FAILED", "errorMsg": "x" * 66_000}).encode())
    assert "65536 bytes" in assert_error(answer, 413, "too_large")


def test_endless_json_is_413_as_soon_as_the_limit_is_passed(api: MemoryApi) -> None:
    path = f"/api/image-jobs/{UNKNOWN_ID}/status"
    answer = raw_request(api, path, JSON_TYPE, [b'"', *itertools.repeat(b"x" * 1_000, 1_000)], method="PATCH")
    assert answer.status == 413
    assert 65 < answer.taken < 70


@pytest.mark.parametrize("content_type", ["text/json", "application/x-www-form-urlencoded", "", "application/json5"])
def test_json_under_another_content_type_is_415(api: MemoryApi, content_type: str) -> None:
    assert_error(
        patch_raw(api, b'{"status":"PROCESSING"}', {"Content-Type": content_type}), 415, "unsupported_media_type"
    )


def test_json_with_a_charset_is_json(api: MemoryApi) -> None:
    job_id = created_job(api.client())["_id"]
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = api.client().patch(f"/api/image-jobs/{job_id}/status", content=b'{"status":"PROCESSING"}', headers=headers)
    assert answer.json()["data"]["status"] == "PROCESSING"


def test_a_whole_number_written_as_1_0_is_taken_for_1(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    patched(client, job_id, status="PROCESSING")
    stale = patched(client, job_id, status="FAILED", attempt=2.0)
    assert "Attempt 2 no longer holds" in assert_error(stale, 409, "stale_attempt")
    answer = patched(client, job_id, status="FAILED", attempt=1.0, errorMsg="broken")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "FAILED")
    assert [type(job.attempt) for job in api.all_jobs()] == [int]
