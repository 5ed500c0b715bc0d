"""How the worker reads the API's answers, and what it reports."""

import json
from typing import Any

import httpx2
import pytest
from imagejobs.worker.failures import NotOurs, PermanentFailure, TransientFailure
from imagejobs.worker.job import Claim, Job
from imagejobs.worker.jobs_api import MAX_ERROR_MSG, JobsApi
from worlds.backends import Cut
from worlds.job_world import STORED, converted

JOB_ID = "655501d2f12a3d0f3c5a1002"


def answering(answer: httpx2.Response) -> tuple[JobsApi, Cut]:
    def answer_again(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)

    line = Cut(httpx2.MockTransport(answer_again))
    return JobsApi(line.client(), 12.5), line


@pytest.mark.parametrize(
    ("data", "attempt"),
    [
        ({"attempt": 3}, 3),
        ({"attempt": 0}, None),
        ({"attempt": "3"}, None),
        ({"attempt": 3.0}, 3),
        ({"attempt": 3.5}, None),
        ({"attempt": float("inf")}, None),
        ({"attempt": float("nan")}, None),
        ({"attempt": -1}, None),
        ({"attempt": True}, None),
        ({"status": "PROCESSING"}, None),
        (None, None),
        ("updated", None),
    ],
)
def test_a_claim_is_fenced_where_the_answer_has_a_token(data: Any, attempt: int | None) -> None:
    body = json.dumps({"success": True, "data": data})
    api, line = answering(httpx2.Response(200, headers={"Content-Type": "application/json"}, text=body))
    assert api.claim(JOB_ID) == Claim(JOB_ID, attempt)
    assert line.patches == [{"status": "PROCESSING", "leaseSeconds": 12.5}]


def test_a_job_is_read_with_its_key_and_its_url_and_a_status_of_either_case() -> None:
    data = {"status": "pending", "sourceImageKey": "raw/1.jpg", "sourceImageURL": "https://pub.example/raw/1.jpg"}
    api, _ = answering(httpx2.Response(200, json={"success": True, "data": data}))
    assert api.get(JOB_ID) == Job(JOB_ID, "PENDING", "raw/1.jpg", "https://pub.example/raw/1.jpg")


def test_a_job_without_a_source_is_one_with_an_empty_one() -> None:
    api, _ = answering(httpx2.Response(200, json={"success": True, "data": {"status": "PENDING"}}))
    assert api.get(JOB_ID) == Job(JOB_ID, "PENDING", "", "")


def test_an_answer_that_is_not_a_job_names_the_job() -> None:
    api, _ = answering(httpx2.Response(200, json={"success": True, "data": "none"}))
    with pytest.raises(TransientFailure, match=f"image job {JOB_ID} is not a job"):
        api.get(JOB_ID)


def test_an_answer_that_is_not_json_is_a_claim_without_a_token() -> None:
    api, _ = answering(httpx2.Response(200, text="OK"))
    assert api.claim(JOB_ID) == Claim(JOB_ID, None)


def test_without_a_token_nothing_is_renewed_or_handed_back() -> None:
    api, line = answering(httpx2.Response(200, json={"success": True}))
    api.renew(Claim(JOB_ID, None))
    api.hand_back(Claim(JOB_ID, None), TransientFailure("storage_unavailable", "storage is unavailable"))
    assert line.patches == []


def test_reports_carry_the_token() -> None:
    api, line = answering(httpx2.Response(200, json={"success": True}))
    claim = Claim(JOB_ID, 2)
    api.renew(claim)
    handed_back = {
        "status": "PENDING",
        "errorMsg": "storage is unavailable",
        "errorCode": "storage_unavailable",
        "attempt": 2,
    }
    api.hand_back(claim, TransientFailure("storage_unavailable", "storage is unavailable"))
    api.hand_back(claim, TransientFailure("storage_unavailable", "storage is unavailable"), 8.5)
    api.fail(claim, PermanentFailure("corrupt", "broken"))
    assert line.patches == [
        {"status": "PROCESSING", "leaseSeconds": 12.5, "attempt": 2},
        handed_back,
        handed_back | {"retryInSeconds": 8.5},
        {"status": "FAILED", "errorMsg": "broken", "errorCode": "corrupt", "retryable": False, "attempt": 2},
    ]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "not_found", NotOurs),
        (409, "stale_attempt", NotOurs),
        (409, "job_held", NotOurs),
        (409, "illegal_transition", NotOurs),
        (409, "", NotOurs),
        (409, "output_not_accepted", TransientFailure),
        (400, "invalid_request", TransientFailure),
        (403, "forbidden", TransientFailure),
        (503, "mongodb_unavailable", TransientFailure),
    ],
)
def test_a_refusal_means_not_ours_or_try_again(status: int, code: str, error: type[Exception]) -> None:
    answer = httpx2.Response(status, json={"success": False, "message": "No.", "error": {"code": code}})
    api, _ = answering(answer)
    with pytest.raises(error, match="No"):
        api.complete(Claim(JOB_ID, 1), [STORED], converted())


def test_a_long_reason_is_cut_to_what_the_api_keeps() -> None:
    api, line = answering(httpx2.Response(200, json={"success": True}))
    api.fail(Claim(JOB_ID, 1), PermanentFailure("corrupt", "x" * 5_000))
    api.hand_back(Claim(JOB_ID, 1), TransientFailure("storage_unavailable", "y" * 5_000))
    assert [patch["errorMsg"] for patch in line.patches] == ["x" * MAX_ERROR_MSG, "y" * MAX_ERROR_MSG]
