"""Requests that are cancelled, as uvicorn cancels them at the end of its grace period."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from imagejobs.api.middleware.cut_off import AnsweringCutOff
from starlette.types import Message, Receive, Scope, Send

FORM = {"content-type": "multipart/form-data; boundary=x"}
KEY = {"idempotency-key": "k"}
JOBS = "/api/image-jobs"


class Hanging:
    """An application that never completes its answer.

    `reads`: it reads the request's body first. `begins`: it sends the start of the answer.
    """

    def __init__(self, *, begins: bool, reads: bool) -> None:
        self._begins = begins
        self._reads = reads
        self.hangs = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        while self._reads and (await receive()).get("more_body"):
            pass
        if self._begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        self.hangs.set()
        await asyncio.Event().wait()


def cut_off(
    request: str, headers: Mapping[str, str], *, whole: bool = True, begins: bool = False, reads: bool = True
) -> tuple[list[Message], bool]:
    """Cancel a request once it hangs: the messages sent, and whether its task ended as cancelled.

    `request` is the method and path. `whole`: the body arrives completely.
    """
    return asyncio.run(_cut_off(request, headers, whole=whole, begins=begins, reads=reads))


async def _cut_off(
    request: str, headers: Mapping[str, str], *, whole: bool, begins: bool, reads: bool
) -> tuple[list[Message], bool]:
    sent: list[Message] = []
    bodies = [{"type": "http.request", "body": b"a", "more_body": True}]
    bodies += [{"type": "http.request", "body": b"", "more_body": False}] if whole else []
    drained = asyncio.Event()

    async def receive() -> Message:
        if bodies:
            return bodies.pop(0)
        drained.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    application = Hanging(begins=begins, reads=reads)
    app = AnsweringCutOff(application)
    method, path = request.split()
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    task = asyncio.create_task(app(scope, receive, send))
    await (application.hangs if whole else drained).wait()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    return sent, task.cancelled()


def answer(sent: list[Message]) -> tuple[int, dict[str, Any], dict[str, str]]:
    start, body = sent
    return start["status"], json.loads(body["body"]), {n.decode(): v.decode() for n, v in start["headers"]}


@pytest.mark.parametrize(
    ("request_line", "headers", "whole"),
    [
        (f"GET {JOBS}", {}, True),
        (f"PATCH {JOBS}/1/status", {"content-type": "application/json"}, True),
        (f"POST {JOBS}", FORM | KEY, True),
        ("POST /api/events", FORM | KEY, True),
        ("PUT /api/events/1", FORM | KEY, True),
        ("DELETE /api/events/1", {}, True),
        (f"POST {JOBS}", FORM | {"transfer-encoding": "chunked"}, False),
        (f"POST {JOBS}", FORM | {"content-length": "5"}, False),
    ],
    ids=[
        "a read request",
        "a worker's report",
        "an upload with a key",
        "an event with a key",
        "a change with a key",
        "a deletion",
        "an upload that has not arrived",
        "an upload shorter than its Content-Length",
    ],
)
def test_a_request_that_may_be_repeated_is_answered_503(
    request_line: str, headers: dict[str, str], whole: bool
) -> None:
    sent, is_cancelled = cut_off(request_line, headers, whole=whole)
    status, body, headers = answer(sent)
    assert (status, body["success"], body["error"]["code"]) == (503, False, "stopping")
    assert int(headers["retry-after"]) > 0
    assert not is_cancelled, "uvicorn would log a traceback"


@pytest.mark.parametrize(
    ("request_line", "headers"),
    [
        (f"POST {JOBS}", FORM),
        (f"POST {JOBS}", {"content-type": "Multipart/Form-Data; boundary=x"}),
        ("POST /api/events", FORM),
        ("PUT /api/events/1", FORM),
        (f"POST {JOBS}/1/retry", KEY),
    ],
)
def test_a_request_that_may_have_been_carried_out_is_answered_500(request_line: str, headers: dict[str, str]) -> None:
    status, body, _ = answer(cut_off(request_line, headers)[0])
    assert (status, body["success"], body["error"]) == (500, False, {"code": "interrupted"})
    assert "check the result before you send it again" in body["message"]


@pytest.mark.parametrize("headers", [{}, {"content-length": "0"}])
def test_a_retry_counts_as_arrived_even_if_its_body_is_not_read(headers: dict[str, str]) -> None:
    status, body, _ = answer(cut_off(f"POST {JOBS}/1/retry", headers, reads=False)[0])
    assert (status, body["error"]["code"]) == (500, "interrupted")


def test_an_answer_that_has_begun_is_not_followed_by_another() -> None:
    sent, is_cancelled = cut_off(f"GET {JOBS}", {}, begins=True)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert is_cancelled
