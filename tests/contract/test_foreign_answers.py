"""How the worker reads foreign responses: it reads, claims and reports a job, and gets each row of foreign_answers.py.

The worker raises only NotOurs and TransientFailure, after a bounded time and number of tries.
"""

import io
import math
import time
from collections.abc import Callable, Iterator, Mapping

import pytest
from contract.foreign_answers import JOB, JOB_ID, LARGE, REFUSED, ROWS, Expected, Got, Row, Tried, data, error, held
from imagejobs.client import api_client
from imagejobs.contract.openapi import load_contract
from imagejobs.storage.memory import MemoryStorage
from imagejobs.worker.delivery import Delivery
from imagejobs.worker.failures import NotOurs, PermanentFailure, TransientFailure
from imagejobs.worker.image_store import ImageStore
from imagejobs.worker.job import Claim, Job
from imagejobs.worker.jobs_api import MAX_ERROR_MSG, JobsApi
from imagejobs.worker.process_image import Outcome, ProcessImage
from servers.contract_stub import Asked, Reply, Stub, reply, stub_server
from worlds.backends import OUTPUT_KEY, SOURCE_KEY
from worlds.job_world import STORED, converted

LEASE_SECONDS = 600.0
LONGEST = 5.0
"""Seconds that one test may take, even on a busy machine: a try waits 0.2 s for each piece of a response."""

EACH_ROW = [pytest.param(row, id=name) for name, row in ROWS.items()]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


@pytest.fixture(autouse=True)
def bounded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lower the limit on responses to a megabyte, and fail a test that takes longer than LONGEST."""
    monkeypatch.setattr(api_client, "MAX_ANSWER_BYTES", LARGE)
    started = time.monotonic()
    yield
    assert time.monotonic() - started < LONGEST


def outcome(stub: Stub, call: Callable[[JobsApi], Job | Claim | None]) -> Expected | None:
    try:
        got = call(JobsApi(stub.client, LEASE_SECONDS))
    except NotOurs:
        return NotOurs
    except TransientFailure as failure:
        waits = set(stub.waits)
        said = waits.pop() if waits and all(wait == int(wait) for wait in waits) else None
        return Tried(failure.code, len(stub.asked), said)
    if isinstance(got, Job):
        return Got(got.status, got.source_key)
    return None if got is None else held(got.attempt)


@pytest.mark.parametrize("row", EACH_ROW)
def test_a_job_is_read(stub: Stub, row: Row) -> None:
    stub.answering(row.answer)
    assert outcome(stub, lambda api: api.get(JOB_ID)) == row.read


@pytest.mark.parametrize("row", EACH_ROW)
def test_a_job_is_claimed(stub: Stub, row: Row) -> None:
    stub.answering(row.answer)
    assert outcome(stub, lambda api: api.claim(JOB_ID)) == row.claimed


REPORTS: Mapping[str, Callable[[JobsApi, Claim], None]] = {
    "renewed": JobsApi.renew,
    "completed": lambda api, claim: api.complete(claim, [STORED], converted()),
    "failed": lambda api, claim: api.fail(claim, PermanentFailure("corrupt", "It is broken.")),
    "handed back": lambda api, claim: api.hand_back(
        claim, TransientFailure("storage_unavailable", "It is unavailable.")
    ),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@pytest.mark.parametrize("row", EACH_ROW)
def test_a_report_comes_to_the_same_as_a_claim(stub: Stub, row: Row, report: Callable[[JobsApi, Claim], None]) -> None:
    stub.answering(row.answer)
    said = outcome(stub, lambda api: report(api, Claim(JOB_ID, 1)))
    assert said == (None if isinstance(row.claimed, Got) else row.claimed)


READ, CLAIMED, RENEWED, COMPLETED = STAGES = ("read", "claimed", "renewed", "completed")
LEFT = {"only _id and status": Outcome.FAILED}
"""Rows that are read as jobs, although the job cannot be converted, with its outcome."""


def stage(asked: Asked) -> str:
    """The stage of a delivery to which this request belongs."""
    if asked.method == "GET":
        return READ
    if asked.said["status"] == "PROCESSING":
        return RENEWED if "attempt" in asked.said else CLAIMED
    return COMPLETED if asked.said["status"] == "COMPLETED" else "ended"


def patches(stub: Stub) -> list[str]:
    return [asked.said["status"] for asked in stub.asked if asked.method == "PATCH"]


class Scene:
    """A worker whose backend is the guide's, with fencing tokens, except for its response at one stage."""

    def __init__(self, stub: Stub, row: Row, at: str) -> None:
        self.storage = MemoryStorage()
        self.storage.put(SOURCE_KEY, io.BytesIO(b"picture"), 7, "image/jpeg")
        self.row, self.at, self.stub = row, at, stub
        stub.answering(self.answer, comes_late=row.answer.comes_late)

    def answer(self, asked: Asked) -> Reply:
        if stage(asked) == self.at:
            return self.row.answer
        if asked.method == "PATCH" and asked.said["status"] != asked.said["status"].upper():
            return error(400)
        return data(attempt=1)

    def run(self, delivery: Delivery | None = None) -> Outcome | Tried:
        """Run one delivery; its outcome, or None after a TransientFailure, the only exception allowed."""
        jobs = JobsApi(self.stub.client, LEASE_SECONDS)
        work = ProcessImage(jobs, jobs, ImageStore(self.storage, "optimized/", LARGE), lambda _: converted())
        try:
            return work(JOB_ID, delivery)
        except TransientFailure as failure:
            return Tried(failure.code, self.tries(self.at))

    def tries(self, at: str) -> int:
        return sum(stage(asked) == at for asked in self.stub.asked)

    @property
    def is_uploaded(self) -> bool:
        return [info.key for info in self.storage.list("optimized/")] == [OUTPUT_KEY]


def said(row: Row, at: str) -> Expected:
    """The row's expected outcome at this stage, without the pause, which another test checks."""
    expected = row.read if at == READ else row.claimed
    return expected._replace(wait=None) if isinstance(expected, Tried) else expected


@pytest.mark.parametrize("at", STAGES)
@pytest.mark.parametrize("name", ROWS)
def test_a_delivery_ends_completed_dropped_or_to_be_tried_again(stub: Stub, name: str, at: str) -> None:
    scene = Scene(stub, ROWS[name], at)
    expected = said(ROWS[name], at)
    end = scene.run()
    if isinstance(expected, Got):
        assert end == (LEFT.get(name, Outcome.COMPLETED) if at == READ else Outcome.COMPLETED)
        assert scene.is_uploaded == (end == Outcome.COMPLETED)
        return
    assert end == (Outcome.DROPPED if expected is NotOurs else expected)
    assert scene.is_uploaded == (at == COMPLETED)
    handed_back = ["PENDING"] if isinstance(expected, Tried) and at in {RENEWED, COMPLETED} else []
    assert patches(stub)[scene.tries(CLAIMED) + scene.tries(RENEWED) + scene.tries(COMPLETED) :] == handed_back
    assert not [each for each in STAGES[STAGES.index(at) + 1 :] if scene.tries(each)]


@pytest.mark.parametrize("at", STAGES)
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if isinstance(row.claimed, Tried)])
def test_the_last_delivery_is_told_as_failed_once_the_job_is_this_workers(stub: Stub, name: str, at: str) -> None:
    expected = said(ROWS[name], at)
    end = Scene(stub, ROWS[name], at).run(Delivery(seconds=math.inf, faulty_seconds=math.inf))
    if at in {READ, CLAIMED}:
        assert end == expected
        return
    assert isinstance(expected, Tried)
    assert end == Outcome.FAILED
    told = stub.asked[-1].said
    assert (told["status"], told["errorCode"], told["retryable"]) == ("FAILED", expected.code, True)
    body = load_contract().operations["updateImageJobStatus"].body
    assert body
    assert body.schema.violations(told) == []
    assert 0 < len(told["errorMsg"]) <= MAX_ERROR_MSG


def test_a_status_in_lower_case_ends_a_delivery_too(stub: Stub) -> None:
    for status in ("completed", "Failed", "FAILED"):
        assert Scene(stub, Row(data(status=status), JOB, JOB), READ).run() == Outcome.DROPPED
        assert patches(stub) == []


def test_a_backend_that_takes_upper_case_only_is_told_in_upper_case(stub: Stub) -> None:
    scene = Scene(stub, ROWS["attempt 1"], CLAIMED)
    assert scene.run() == Outcome.COMPLETED
    assert patches(stub) == ["PROCESSING", "PROCESSING", "COMPLETED"]
    assert [asked.said.get("attempt") for asked in stub.asked[1:]] == [None, 1, 1]
    told = stub.asked[-1].said
    assert (told["outputImageKey"], told["outputImageURL"]) == (OUTPUT_KEY, scene.storage.public_url(OUTPUT_KEY))


def test_a_redirect_is_not_followed(stub: Stub) -> None:
    elsewhere = reply(307, headers={"Location": f"http://127.0.0.1:{stub.port}/elsewhere"})
    assert Scene(stub, Row(elsewhere, REFUSED, REFUSED), READ).run() == REFUSED
    assert [asked.path for asked in stub.asked] == [f"/api/image-jobs/{JOB_ID}"]
