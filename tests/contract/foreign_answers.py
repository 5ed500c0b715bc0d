"""Responses of foreign backends and of proxies before them, byte for byte, and how the worker must read each."""

import email.utils
import gzip
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from imagejobs.client.tries import MAX_RETRY_AFTER
from imagejobs.contract.operations import JSON
from imagejobs.storage.memory import MemoryStorage
from imagejobs.worker.failures import NotOurs
from servers.contract_stub import TRIES, Reply, json_reply, reply
from worlds.backends import SOURCE_KEY, TIME

JOB_ID = "655501d2f12a3d0f3c5a1002"
LARGE = 1_000_000
"""Bytes of a response that is too large for the tests' client."""

DOCUMENT: Mapping[str, Any] = {
    "_id": JOB_ID,
    "entityType": "event",
    "entityId": "655501d2f12a3d0f3c5a1001",
    "sourceImageURL": MemoryStorage().public_url(SOURCE_KEY),
    "sourceImageKey": SOURCE_KEY,
    "status": "PENDING",
    "errorMsg": "",
    "createdAt": TIME,
    "updatedAt": TIME,
}
JSON_TYPE = {"Content-Type": JSON}


class Got(NamedTuple):
    """A response that was read: a job's status and source key, or a claim's fencing token."""

    status: str = "PENDING"
    key: str = SOURCE_KEY
    token: int | None = None


class Tried(NamedTuple):
    """A transient failure after this many tries. `wait` is the pause that the response demanded, None if it did not."""

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
    """A response, with the expected outcome of reading a job and of claiming or reporting one."""

    answer: Reply
    read: Expected
    claimed: Expected


def data(**changes: Any) -> Reply:
    """A response with a job whose fields are changed; a field set to None is left out."""
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
WITHOUT_END = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
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
    "a body that trickles in without end": Row(Reply(WITHOUT_END, is_whole=False, drop=b" "), AWAY, AWAY),
    "not HTTP": Row(Reply(b"+PONG\r\n"), AWAY, AWAY),
    "two lengths": Row(Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"), AWAY, AWAY),
    "headers without end": Row(reply(200, headers={"X-Trace": "x" * LARGE}), AWAY, AWAY),
}
