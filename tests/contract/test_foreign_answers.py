"""Answers of backends that are not ours, and of proxies before them, byte for byte: a row says what each comes to."""

import email.utils
import gzip
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from backends import OUTPUT_KEY, SOURCE_KEY, TIME
from contract_stub import TRIES, Asked, Reply, Stub, json_reply, reply, stub_server
from imagejobs.client import api_client
from imagejobs.client.api_client import MAX_RETRY_AFTER
from imagejobs.contract.openapi import JSON, load_contract
from imagejobs.storage.memory import MemoryStorage
from imagejobs.worker.failures import NotOurs, PermanentFailure, TransientFailure
from imagejobs.worker.jobs_api import MAX_ERROR_MSG, Claim, Job, JobsApi
from imagejobs.worker.process_image import Outcome, ProcessImage
from job_world import receipt

JOB_ID = "655501d2f12a3d0f3c5a1002"
LEASE_SECONDS = 600.0
LONGEST = 5.0
"""Seconds for one call with all its tries, however busy the machine is; each try waits SECONDS for an answer."""
LARGE = 1_000_000

STORAGE = MemoryStorage()
DOCUMENT: Mapping[str, Any] = {
    "_id": JOB_ID,
    "entityType": "event",
    "entityId": "655501d2f12a3d0f3c5a1001",
    "sourceImageURL": STORAGE.public_url(SOURCE_KEY),
    "sourceImageKey": SOURCE_KEY,
    "status": "PENDING",
    "errorMsg": "",
    "createdAt": TIME,
    "updatedAt": TIME,
}
JSON_TYPE = {"Content-Type": JSON}


class Got(NamedTuple):
    """What the worker read: a job's status and source key, or a claim's token."""

    status: str = "PENDING"
    key: str = SOURCE_KEY
    token: int | None = None


class Tried(NamedTuple):
    """A failure that may pass, after so many tries and with such waits; None is a wait of the client's own choice."""

    code: str
    times: int = 1
    wait: float | None = None


JOB = Got()
UNFENCED = Got(key="")
GONE = NotOurs
NO_JOB = Tried("api_unexpected_answer")
REFUSED = Tried("api_refused")
AWAY = Tried("api_unavailable", TRIES)
Expected = Got | Tried | type[NotOurs]


@dataclass(frozen=True)
class Row:
    """An answer: what comes of it to a worker that reads the job, and to one that claims it or reports."""

    answer: Reply
    read: Expected
    claimed: Expected


def data(**changes: Any) -> Reply:
    """A job with some fields in another way; those that are None are left out."""
    fields = {name: value for name, value in {**DOCUMENT, **changes}.items() if value is not None}
    return json_reply(200, {"success": True, "data": fields})


def raw(body: bytes, content_type: str = JSON, **headers: str) -> Reply:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return reply(200, body, {"Content-Type": content_type, **said})


def attempt(written: str) -> Reply:
    return raw(json.dumps({"success": True, "data": DOCUMENT})[:-2].encode() + f', "attempt": {written}}}}}'.encode())


def error(status: int, headers: Mapping[str, str] | None = None, **body: Any) -> Reply:
    return json_reply(status, {"success": False, "message": "No.", **body}, headers)


def html(status: int, headers: Mapping[str, str] | None = None) -> Reply:
    return reply(status, b"<html><title>nginx</title></html>", {"Content-Type": "text/html", **(headers or {})})


def held(token: int | None) -> Got:
    return Got(token=token)


WHOLE = data().wire
HEAD, BODY = WHOLE.split(b"\r\n\r\n")
IN_AN_HOUR = email.utils.formatdate(time.time() + 3600, usegmt=True)

ROWS: Mapping[str, Row] = {
    # of the guide's kind
    "mongoose's __v and id": Row(data(__v=0, id=JOB_ID), JOB, held(None)),
    "fields that nobody knows": Row(data(tags=["a"], owner={"name": None}, fileSize="7 MB"), JOB, held(None)),
    "no optional field": Row(data(errorMsg=None, createdAt=None, updatedAt=None), JOB, held(None)),
    "a URL and no key": Row(data(sourceImageKey=None), Got(key=""), held(None)),
    "only _id and status": Row(json_reply(200, {"data": {"_id": JOB_ID, "status": "PENDING"}}), UNFENCED, held(None)),
    "a status in lower case": Row(data(status="processing"), Got("PROCESSING"), held(None)),
    "a status that nobody knows": Row(data(status="QUEUED"), Got("QUEUED"), held(None)),
    "a status that is a number": Row(data(status=1), NO_JOB, held(None)),
    "success that is false, with data": Row(json_reply(200, {"success": False, "data": DOCUMENT}), JOB, held(None)),
    "no data": Row(json_reply(200, {"success": True}), NO_JOB, held(None)),
    "data that are null": Row(json_reply(200, {"success": True, "data": None}), NO_JOB, held(None)),
    "the job without an envelope": Row(json_reply(200, DOCUMENT), NO_JOB, held(None)),
    "a list": Row(json_reply(200, [DOCUMENT]), NO_JOB, held(None)),
    "201": Row(json_reply(201, {"success": True, "data": DOCUMENT}), JOB, held(None)),
    # tokens
    "attempt 1": Row(attempt("1"), JOB, held(1)),
    "attempt 1.0": Row(attempt("1.0"), JOB, held(1)),
    "attempt as text": Row(attempt('"1"'), JOB, held(None)),
    "attempt 0": Row(attempt("0"), JOB, held(None)),
    "attempt -1": Row(attempt("-1"), JOB, held(None)),
    "attempt null": Row(attempt("null"), JOB, held(None)),
    "attempt true": Row(attempt("true"), JOB, held(None)),
    "attempt 1.5": Row(attempt("1.5"), JOB, held(None)),
    "attempt that is no number": Row(attempt("NaN"), JOB, held(None)),
    "attempt said twice": Row(attempt('1, "attempt": 2'), JOB, held(2)),
    # not what was asked for
    "204": Row(Reply(b"HTTP/1.1 204 No Content\r\n\r\n"), NO_JOB, held(None)),
    "200 with HTML": Row(html(200), NO_JOB, held(None)),
    "200 with plain text": Row(raw(b"OK", "text/plain"), NO_JOB, held(None)),
    "200 with nothing": Row(reply(200), NO_JOB, held(None)),
    "JSON that is none": Row(raw(b"{'success': True}"), NO_JOB, held(None)),
    "JSON that ends too early": Row(raw(BODY[:-1]), NO_JOB, held(None)),
    "JSON that is called text": Row(raw(BODY, "text/html"), NO_JOB, held(None)),
    "bytes that are no UTF-8": Row(raw(BODY.replace(b"event", b"\xe9v\xff")), NO_JOB, held(None)),
    "UTF-16": Row(raw(BODY.decode().encode("utf-16")), JOB, held(None)),
    "a byte order mark": Row(raw(b"\xef\xbb\xbf" + BODY), JOB, held(None)),
    "a wrong charset": Row(raw(BODY, f"{JSON}; charset=iso-8859-1"), JOB, held(None)),
    "a charset that nobody knows": Row(raw(BODY, f"{JSON}; charset=klingon"), JOB, held(None)),
    "half of a surrogate pair": Row(data(originalFilename="\ud83d"), JOB, held(None)),
    "NaN and a number without end": Row(raw(BODY.replace(b'"event"', b"[NaN, 1e999]")), JOB, held(None)),
    "a number of 5,000 digits": Row(raw(BODY.replace(b'"event"', b"9" * 5_000)), NO_JOB, held(None)),
    "400 levels": Row(raw(BODY.replace(b'"event"', b"[" * 400 + b"]" * 400)), JOB, held(None)),
    "100,000 levels": Row(raw(b"[" * 100_000), NO_JOB, held(None)),
    "keys said twice": Row(raw(b'{"data": 1, "data": ' + BODY[BODY.index(b'"data"') + 8 :]), JOB, held(None)),
    "gzip": Row(raw(gzip.compress(BODY), Content_Encoding="gzip"), JOB, held(None)),
    "gzip that is none": Row(raw(BODY, Content_Encoding="gzip"), AWAY, AWAY),
    "gzip that ends too early": Row(raw(gzip.compress(BODY)[:-12], Content_Encoding="gzip"), NO_JOB, held(None)),
    "an encoding that nobody knows": Row(raw(BODY, Content_Encoding="klingon"), JOB, held(None)),
    "large": Row(data(notes="x" * (LARGE // 2)), JOB, held(None)),
    "too large": Row(data(notes="x" * LARGE), Tried("api_unavailable"), Tried("api_unavailable")),
    "a small gzip of something too large": Row(
        raw(gzip.compress(b" " * LARGE + BODY), Content_Encoding="gzip"),
        Tried("api_unavailable"),
        Tried("api_unavailable"),
    ),
    # refusals
    "301": Row(reply(301, headers={"Location": "/elsewhere"}), REFUSED, REFUSED),
    "302 to nowhere": Row(reply(302, headers={"Location": "http://[::1"}), REFUSED, REFUSED),
    "304": Row(Reply(b"HTTP/1.1 304 Not Modified\r\n\r\n"), REFUSED, REFUSED),
    "400": Row(error(400), REFUSED, REFUSED),
    "400 with half of a surrogate pair": Row(error(400, message="\ud83d"), REFUSED, REFUSED),
    "400 with a long message": Row(error(400, message="x" * 100_000), REFUSED, REFUSED),
    "401 in HTML": Row(html(401, {"WWW-Authenticate": "Basic"}), REFUSED, REFUSED),
    "404": Row(error(404), GONE, GONE),
    "404 in HTML": Row(html(404), GONE, GONE),
    "404 with nothing": Row(reply(404), GONE, GONE),
    "405": Row(html(405), REFUSED, REFUSED),
    "409": Row(error(409), GONE, GONE),
    "409 with a code that is a number": Row(error(409, error={"code": 7}), GONE, GONE),
    "409 with an error that is text": Row(error(409, error="held"), GONE, GONE),
    "410": Row(error(410), REFUSED, REFUSED),
    "an answer of no known kind": Row(Reply(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), REFUSED, REFUSED),
    # not now
    "429": Row(error(429), AWAY, AWAY),
    "429 for 3 s": Row(error(429, {"Retry-After": "3"}), AWAY._replace(wait=3.0), AWAY._replace(wait=3.0)),
    "429 for an hour": Row(
        error(429, {"Retry-After": "3600"}),
        AWAY._replace(wait=MAX_RETRY_AFTER),
        AWAY._replace(wait=MAX_RETRY_AFTER),
    ),
    "429 until a date": Row(error(429, {"Retry-After": IN_AN_HOUR}), AWAY, AWAY),
    "429 for a time of 5,000 digits": Row(
        error(429, {"Retry-After": "9" * 5_000}),
        AWAY._replace(wait=MAX_RETRY_AFTER),
        AWAY._replace(wait=MAX_RETRY_AFTER),
    ),
    "503": Row(error(503), AWAY, AWAY),
    "503 in HTML": Row(html(503, {"Retry-After": "1"}), AWAY._replace(wait=1.0), AWAY._replace(wait=1.0)),
    "500": Row(error(500), AWAY, AWAY),
    "500 with nothing": Row(reply(500), AWAY, AWAY),
    "502 in HTML": Row(html(502), AWAY, AWAY),
    "504": Row(html(504), AWAY, AWAY),
    # the line
    "nothing": Row(Reply(b""), AWAY, AWAY),
    "slow": Row(Reply(b"", is_whole=False), AWAY, AWAY),
    "slow in the headers": Row(Reply(HEAD[:30], is_whole=False), AWAY, AWAY),
    "slow in the body": Row(Reply(WHOLE[:-30], is_whole=False), AWAY, AWAY),
    "only 100 Continue": Row(Reply(b"HTTP/1.1 100 Continue\r\n\r\n", is_whole=False), AWAY, AWAY),
    "cut off in the headers": Row(Reply(HEAD[:30]), AWAY, AWAY),
    "cut off in the body": Row(Reply(WHOLE[:-30]), AWAY, AWAY),
    "cut off in a chunk": Row(
        Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{}"),
        AWAY,
        AWAY,
    ),
    "a body without a length": Row(
        Reply(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + BODY), JOB, held(None)
    ),
    "not HTTP": Row(Reply(b"+PONG\r\n"), AWAY, AWAY),
    "two lengths": Row(Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"), AWAY, AWAY),
    "headers without end": Row(reply(200, headers={"X-Trace": "x" * LARGE}), AWAY, AWAY),
}
EACH_ROW = [pytest.param(row, id=name) for name, row in ROWS.items()]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


@pytest.fixture(autouse=True)
def bounded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is too large is so for the test's sake at a megabyte; nothing takes long."""
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
    "completed": lambda api, claim: api.complete(claim, OUTPUT_KEY, STORAGE.public_url(OUTPUT_KEY), receipt(7)),
    "failed": lambda api, claim: api.fail(claim, PermanentFailure("corrupt", "It is broken.")),
    "handed back": lambda api, claim: api.hand_back(claim, TransientFailure("storage_unavailable", "It is away.")),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@pytest.mark.parametrize("row", EACH_ROW)
def test_a_report_comes_to_the_same_as_a_claim(stub: Stub, row: Row, report: Callable[[JobsApi, Claim], None]) -> None:
    stub.answering(row.answer)
    said = outcome(stub, lambda api: report(api, Claim(JOB_ID, 1)))
    assert said == (None if isinstance(row.claimed, Got) else row.claimed)


READ, CLAIMED, RENEWED, COMPLETED = STAGES = ("read", "claimed", "renewed", "completed")
LEFT = {"only _id and status": Outcome.FAILED}
"""The ends of jobs that are read and yet cannot be made."""


def stage(asked: Asked) -> str:
    """What the worker wants of its backend."""
    if asked.method == "GET":
        return READ
    if asked.said["status"] == "PROCESSING":
        return RENEWED if "attempt" in asked.said else CLAIMED
    return COMPLETED if asked.said["status"] == "COMPLETED" else "ended"


def patches(stub: Stub) -> list[str]:
    return [asked.said["status"] for asked in stub.asked if asked.method == "PATCH"]


@dataclass
class Result:
    """A finished conversion."""

    data: bytes = b"smaller"
    receipt: dict[str, Any] = field(default_factory=lambda: receipt(7))


class Scene:
    """A worker whose backend is as the guide has it and fences, but for its answers at one stage."""

    def __init__(self, stub: Stub, row: Row, at: str) -> None:
        self.storage = MemoryStorage()
        self.storage.put(SOURCE_KEY, io.BytesIO(b"picture"), 7, "image/jpeg")
        self.row, self.at, self.stub = row, at, stub
        stub.answering(self.answer)

    def answer(self, asked: Asked) -> Reply:
        if stage(asked) == self.at:
            return self.row.answer
        if asked.method == "PATCH" and asked.said["status"] != asked.said["status"].upper():
            return error(400)
        return data(attempt=1)

    def run(self, *, last_try: bool = False) -> Outcome | Tried:
        """How one delivery ends; a failure that may pass is the only thing that may be raised."""
        work = ProcessImage(
            JobsApi(self.stub.client, LEASE_SECONDS), self.storage, lambda _: Result(), "optimized/", LARGE
        )
        try:
            return work(JOB_ID, last_try=last_try)
        except TransientFailure as failure:
            return Tried(failure.code, self.tries(self.at))

    def tries(self, at: str) -> int:
        return sum(stage(asked) == at for asked in self.stub.asked)

    @property
    def is_uploaded(self) -> bool:
        return [info.key for info in self.storage.list("optimized/")] == [OUTPUT_KEY]


def said(row: Row, at: str) -> Expected:
    """What the answer is worth there. How long the client waited is another test's."""
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
    end = Scene(stub, ROWS[name], at).run(last_try=True)
    if at in {READ, CLAIMED}:
        assert end == expected
        return
    assert isinstance(expected, Tried)
    assert end == Outcome.FAILED
    told = stub.asked[-1].said
    assert (told["status"], told["errorCode"], told["retryable"]) == ("FAILED", expected.code, True)
    assert load_contract().operations["updateImageJobStatus"].body.schema.violations(told) == []
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
