"""How the worker's client reads every response that the contract documents, and whether its requests match it.

EXPECTED has a row for each operation and status; a newly documented status needs a new row.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from imagejobs.client.tries import MAX_RETRY_AFTER
from imagejobs.contract.openapi import load_contract
from imagejobs.worker.failures import NotOurs, PermanentFailure, TransientFailure
from imagejobs.worker.job import Claim, Job
from imagejobs.worker.jobs_api import OUTPUT_NOT_ACCEPTED, JobsApi
from servers.contract_stub import TRIES, Documented, Reply, Stub, briefly, json_reply, stub_server
from worlds.job_world import STORED, converted

JOB_ID = "655501d2f12a3d0f3c5a1002"
LEASE_SECONDS = 12.5
CLAIM = Claim(JOB_ID, 3)

Ask = Callable[[JobsApi], Any]
Said = Mapping[str, Any]

READ = "getImageJob"
REPORT = "updateImageJobStatus"
ASKS: Mapping[str, tuple[str, Ask]] = {
    "get": (READ, lambda api: api.get(JOB_ID)),
    "claim": (REPORT, lambda api: api.claim(JOB_ID)),
    "renew": (REPORT, lambda api: api.renew(CLAIM)),
    "complete": (REPORT, lambda api: api.complete(CLAIM, [STORED], converted())),
    "fail": (REPORT, lambda api: api.fail(CLAIM, PermanentFailure("corrupt", "It is broken."))),
    "hand back": (
        REPORT,
        lambda api: api.hand_back(CLAIM, TransientFailure("storage_unavailable", "It is unavailable.")),
    ),
}
STATUSES = {
    "claim": "PROCESSING",
    "renew": "PROCESSING",
    "complete": "COMPLETED",
    "fail": "FAILED",
    "hand back": "PENDING",
}


def job(body: Said) -> Job:
    data = body["data"]
    return Job(
        JOB_ID,
        data["status"],
        data["sourceImageKey"],
        data["sourceImageURL"],
        data.get("sourceSha256"),
        int(data.get("lostLeases", 0)),
    )


def claim(body: Said) -> Claim:
    return Claim(JOB_ID, body["data"].get("attempt") or None, int(body["data"].get("lostLeases", 0)))


def nothing(_: Said) -> None:
    return None


GONE = (NotOurs, None)
REFUSED = (TransientFailure, "api_refused")
AWAY = (TransientFailure, "api_unavailable")
TOO_SLOW = 408
"""The refusal after which the request is sent again, because it did not arrive in full."""
Outcome = Callable[[Said], Any] | tuple[type[Exception], str | None]

EXPECTED: Mapping[tuple[str, int], Outcome] = {
    (READ, 200): job,
    (READ, 400): REFUSED,
    (READ, 401): REFUSED,
    (READ, 403): REFUSED,
    (READ, 404): GONE,
    (READ, 503): AWAY,
    (REPORT, 200): nothing,
    (REPORT, 400): REFUSED,
    (REPORT, 401): REFUSED,
    (REPORT, 403): REFUSED,
    (REPORT, 404): GONE,
    (REPORT, 408): REFUSED,
    (REPORT, 409): GONE,
    (REPORT, 413): REFUSED,
    (REPORT, 415): REFUSED,
    (REPORT, 503): AWAY,
}
VALUES: Mapping[str, Callable[[Said], Any]] = {"get": job, "claim": claim}
"""The value of a call that returns more than its row in EXPECTED shows."""

OPERATIONS = load_contract().operations
PAIRS = [(name, status) for name, (operation, _) in ASKS.items() for status in OPERATIONS[operation].responses]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


def outcome(stub: Stub, answer: Reply, ask: Ask) -> Any:
    """The return value of the call, or the (class, code) of the exception that it raises."""
    stub.answering(answer)
    try:
        return ask(JobsApi(stub.client, LEASE_SECONDS))
    except NotOurs:
        return NotOurs, None
    except TransientFailure as failure:
        return TransientFailure, failure.code


def test_every_documented_status_has_a_row_and_every_row_is_documented() -> None:
    assert {(ASKS[name][0], status) for name, status in PAIRS} == set(EXPECTED)


@pytest.mark.parametrize(("name", "status"), PAIRS)
def test_every_documented_answer_is_understood(stub: Stub, name: str, status: int) -> None:
    operation, ask = ASKS[name]
    answers = Documented(operation, status)
    row = EXPECTED[operation, status]

    def check(body: Said, headers: Mapping[str, str]) -> None:
        expected = VALUES.get(name, row)(body) if callable(row) else row
        assert outcome(stub, json_reply(status, body, headers), ask) == expected
        assert len(stub.asked) == (TRIES if row == AWAY or status == TOO_SLOW else 1)

    for body in answers.examples():
        check(body, {name: "7" if name == "Retry-After" else "Bearer x" for name in answers.written.get("headers", {})})
    briefly(given(answers.bodies(), answers.headers())(check))()


@pytest.mark.parametrize("name", ASKS)
def test_it_waits_as_long_as_it_is_asked_to_within_reason(stub: Stub, name: str) -> None:
    operation, ask = ASKS[name]
    answers = Documented(operation, 503)

    @briefly
    @given(answers.bodies(), answers.headers())
    def check(body: Said, headers: Mapping[str, str]) -> None:
        assert outcome(stub, json_reply(503, body, headers), ask) == AWAY
        assert stub.waits == [min(float(headers["Retry-After"]), MAX_RETRY_AFTER)] * (TRIES - 1)

    check()


@pytest.mark.parametrize("name", STATUSES)
def test_a_result_that_is_not_where_the_api_looks_is_still_this_workers(stub: Stub, name: str) -> None:
    (body,) = Documented(REPORT, 409).examples()
    answer = json_reply(409, {**body, "error": {"code": OUTPUT_NOT_ACCEPTED}})
    assert outcome(stub, answer, ASKS[name][1]) == (TransientFailure, OUTPUT_NOT_ACCEPTED)


@pytest.mark.parametrize("name", ASKS)
def test_it_asks_as_the_contract_says(stub: Stub, name: str) -> None:
    operation_id, ask = ASKS[name]
    operation = OPERATIONS[operation_id]
    outcome(stub, json_reply(200, Documented(operation_id, 200).examples()[0]), ask)
    (asked,) = stub.asked
    assert (asked.method, asked.path) == (operation.method, operation.path.format(id=JOB_ID))
    if operation.body is None:
        assert asked.body == b""
        return
    assert asked.headers["content-type"] == operation.body.content_type
    assert operation.body.schema.violations(asked.said) == []


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_a_status_is_said_in_upper_case_and_with_the_token(stub: Stub, name: str, status: str) -> None:
    outcome(stub, json_reply(200, Documented(REPORT, 200).examples()[0]), ASKS[name][1])
    (asked,) = stub.asked
    assert (asked.said["status"], asked.said.get("attempt")) == (status, None if name == "claim" else CLAIM.attempt)
