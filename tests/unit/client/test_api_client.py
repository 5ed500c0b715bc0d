"""Which requests the client repeats, and what it returns or raises for each kind of answer."""

import io
import itertools
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from imagejobs.client import api_client
from imagejobs.client.answers import Answer
from imagejobs.client.api_client import MAX_TRIES, ApiClient
from imagejobs.client.errors import ApiNotReached, ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.client.tries import MAX_RETRY_AFTER

JOB_ID = "655501d2f12a3d0f3c5a1002"
JOB = {
    "_id": JOB_ID,
    "entityType": "event",
    "entityId": "655501d2f12a3d0f3c5a1001",
    "sourceImageURL": "https://pub.invalid/raw/1.jpg",
    "sourceImageKey": "raw/1.jpg",
    "status": "PENDING",
    "errorMsg": "",
    "createdAt": "2024-01-01T00:00:00.000Z",
    "updatedAt": "2024-01-01T00:00:00.000Z",
}
GOOD = httpx2.Response(200, json={"success": True, "data": JOB})
AWAY = {
    "success": False,
    "message": "MongoDB is unavailable; try again later.",
    "error": {"code": "mongodb_unavailable"},
}

Reply = httpx2.Response | Exception


class Backend:
    """Gives each reply in turn and then repeats the last; records the requests and the client's waits."""

    def __init__(self, *replies: Reply, **options: Any) -> None:
        self._replies = itertools.chain(replies, itertools.repeat(replies[-1]))
        self.requests: list[httpx2.Request] = []
        self.bodies: list[bytes] = []
        self.waits: list[float] = []
        transport = httpx2.MockTransport(self._answer)
        self.client = ApiClient("http://api.invalid", transport=transport, sleep=self.waits.append, **options)

    def get_job(self, **options: Any) -> Answer:
        return self.client.call("getImageJob", path={"id": JOB_ID}, **options)

    def retry_job(self) -> Answer:
        """Call an operation that must not be carried out twice."""
        return self.client.call("retryImageJob", path={"id": JOB_ID}, repeatable=False)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.bodies.append(request.read())
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return httpx2.Response(reply.status_code, headers=reply.headers, content=reply.content)


def refusing(status: int, headers: dict[str, str] | None = None) -> httpx2.Response:
    return httpx2.Response(status, json=AWAY, headers=headers)


class TestRequest:
    def test_it_is_made_of_the_operations_method_and_path(self) -> None:
        backend = Backend(GOOD)
        assert backend.get_job() == Answer(JOB)
        (request,) = backend.requests
        assert (request.method, str(request.url)) == ("GET", f"http://api.invalid/api/image-jobs/{JOB_ID}")

    @pytest.mark.parametrize("value", ["../events/1", "1/retry?", "1#", "%2e"])
    def test_a_value_in_the_path_stays_in_its_place(self, value: str) -> None:
        backend = Backend(GOOD)
        backend.client.call("deleteImageJob", path={"id": value}, strict=False)
        assert backend.requests[0].url.raw_path == b"/api/image-jobs/" + quote(value, safe="").encode()

    def test_tokens_are_sent_where_there_are_any(self) -> None:
        backend = Backend(GOOD, token="client", worker_token="worker")
        backend.get_job()
        assert backend.requests[0].headers["authorization"] == "Bearer client"
        assert backend.requests[0].headers["x-worker-token"] == "worker"
        open_backend = Backend(GOOD)
        open_backend.get_job()
        assert not {"authorization", "x-worker-token"} & set(open_backend.requests[0].headers)

    def test_parameters_that_are_none_are_left_out(self) -> None:
        answer = httpx2.Response(200, json={"success": True, "data": [JOB], "cursor": JOB_ID})
        backend = Backend(answer)
        found = backend.client.call("listImageJobs", query={"status": "FAILED", "cursor": None, "limit": 2})
        assert found == Answer([JOB], JOB_ID)
        assert dict(backend.requests[0].url.params) == {"status": "FAILED", "limit": "2"}

    def test_json_and_headers_are_sent(self) -> None:
        backend = Backend(GOOD)
        backend.client.call(
            "updateImageJobStatus", path={"id": JOB_ID}, json={"status": "PROCESSING"}, headers={"X-Trace": "1"}
        )
        assert backend.bodies == [b'{"status":"PROCESSING"}']
        assert backend.requests[0].headers["x-trace"] == "1"


class TestTryingAgain:
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_an_answer_that_may_pass_is_asked_again(self, status: int) -> None:
        backend = Backend(refusing(status), refusing(status), GOOD)
        assert backend.get_job().data == JOB
        assert len(backend.requests) == 3

    @pytest.mark.parametrize(
        "error",
        [
            httpx2.ConnectError("refused"),
            httpx2.ReadError("reset"),
            httpx2.ReadTimeout(""),
            httpx2.DecodingError("not gzip"),
        ],
    )
    def test_an_error_of_the_network_is_asked_again(self, error: Exception) -> None:
        backend = Backend(error, error, GOOD)
        assert backend.get_job().data == JOB

    @pytest.mark.parametrize(
        "reply", [refusing(503), refusing(429), httpx2.ConnectError("refused"), httpx2.ReadError("x")]
    )
    def test_it_gives_up_after_a_bounded_number_of_tries_and_waits(self, reply: Reply) -> None:
        backend = Backend(reply)
        with pytest.raises(ApiUnavailable, match="API is unavailable"):
            backend.get_job()
        assert len(backend.requests) == MAX_TRIES
        assert len(backend.waits) == MAX_TRIES - 1
        assert sum(backend.waits) <= 5 * (MAX_TRIES - 1)

    def test_a_request_that_is_too_slow_at_every_try_is_refused_as_such(self) -> None:
        slow = {"success": False, "message": "The body was too slow.", "error": {"code": "request_timeout"}}
        backend = Backend(httpx2.ConnectError("refused"), httpx2.Response(408, json=slow))
        with pytest.raises(ApiRefused, match=r"^The body was too slow\.$") as caught:
            backend.retry_job()
        assert (caught.value.status, caught.value.code) == (408, "request_timeout")
        assert len(backend.requests) == MAX_TRIES

    def test_it_is_not_known_to_be_refused_if_another_try_may_have_been_carried_out(self) -> None:
        backend = Backend(httpx2.ReadError("reset"), refusing(408))
        with pytest.raises(ApiUnavailable) as caught:
            backend.get_job()
        assert not caught.value.is_refused

    def test_the_reason_is_the_backends_message(self) -> None:
        with pytest.raises(ApiUnavailable, match="MongoDB is unavailable; try again later"):
            Backend(refusing(503), max_tries=1).get_job()

    def test_the_reason_of_an_error_of_the_network_names_the_address(self) -> None:
        with pytest.raises(ApiUnavailable, match=r"http://api\.invalid: refused"):
            Backend(httpx2.ConnectError("refused"), max_tries=1).get_job()

    @pytest.mark.parametrize(
        ("said", "waited"), [("7", 7.0), ("0", 0.0), ("3600", MAX_RETRY_AFTER)], ids=["7 s", "at once", "too long"]
    )
    def test_retry_after_is_honoured_within_reason(self, said: str, waited: float) -> None:
        backend = Backend(refusing(503, {"Retry-After": said}), GOOD)
        backend.get_job()
        assert backend.waits == [waited]

    @pytest.mark.parametrize("said", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "soon", "²"])
    def test_any_other_retry_after_means_the_ordinary_wait(self, said: str) -> None:
        backend = Backend(httpx2.Response(503, headers=[(b"Retry-After", said.encode())]), GOOD)
        backend.get_job()
        assert 0 <= backend.waits[0] <= 0.2

    def test_waits_are_random_and_their_bound_doubles(self) -> None:
        waits = []
        for _ in range(200):
            backend = Backend(refusing(503))
            with pytest.raises(ApiUnavailable):
                backend.get_job()
            waits.append(backend.waits)
        for number, bound in enumerate((0.2, 0.4, 0.8, 1.6)):
            longest = max(each[number] for each in waits)
            assert bound / 2 < longest <= bound


class TestNotRepeatable:
    @pytest.mark.parametrize(
        "reply",
        [
            httpx2.ReadTimeout("slow"),
            httpx2.ReadError("reset"),
            httpx2.RemoteProtocolError("cut off"),
            httpx2.DecodingError("not gzip"),
            refusing(500),
            refusing(502),
            refusing(504),
        ],
    )
    def test_what_may_have_been_carried_out_is_not_sent_again(self, reply: Reply) -> None:
        backend = Backend(reply, GOOD)
        with pytest.raises(ApiUnavailable):
            backend.retry_job()
        assert len(backend.requests) == 1

    @pytest.mark.parametrize(
        "reply",
        [httpx2.ConnectError("refused"), httpx2.ConnectTimeout(""), refusing(503), refusing(429), refusing(408)],
    )
    def test_what_surely_was_not_carried_out_is_sent_again(self, reply: Reply) -> None:
        backend = Backend(reply, GOOD)
        assert backend.retry_job().data == JOB
        assert len(backend.requests) == 2


class TestParts:
    def test_files_are_sent_whole_at_each_try(self) -> None:
        image = io.BytesIO(b"picture")
        image.read()
        answer = httpx2.Response(
            201, json={"success": True, "data": JOB}, headers={"Location": f"/api/image-jobs/{JOB_ID}"}
        )
        backend = Backend(refusing(503), httpx2.ReadError("reset"), answer)
        backend.client.call(
            "createImageJob",
            parts=[("entityType", (None, "event")), ("entityId", (None, "é")), ("image", ("a.jpg", image))],
        )
        assert len(backend.bodies) == 3
        for body in backend.bodies:
            assert b'name="entityType"\r\n\r\nevent\r\n' in body
            assert 'name="entityId"\r\n\r\né\r\n'.encode() in body
            assert b'name="image"; filename="a.jpg"' in body
            assert b"\r\n\r\npicture\r\n" in body


class TestRefusals:
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422])
    def test_an_error_is_not_asked_again_and_keeps_its_code_and_message(self, status: int) -> None:
        backend = Backend(
            httpx2.Response(status, json={"success": False, "message": "No.", "error": {"code": "stale_attempt"}})
        )
        with pytest.raises(ApiRefused, match=r"^No\.$") as caught:
            backend.get_job()
        assert (caught.value.status, caught.value.code) == (status, "stale_attempt")
        assert len(backend.requests) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            httpx2.Response(404, text="<html>not here</html>"),
            httpx2.Response(404, json={"error": "not here", "message": 7}),
            httpx2.Response(404, json=["not here"]),
            httpx2.Response(404, headers={"content-type": "application/json"}, content=b"{"),
        ],
        ids=["html", "other json", "a list", "broken json"],
    )
    def test_an_answer_outside_the_contract_is_reported_with_request_and_status(self, answer: httpx2.Response) -> None:
        with pytest.raises(ApiRefused, match=f"GET /api/image-jobs/{JOB_ID} answered 404") as caught:
            Backend(answer).get_job()
        assert caught.value.code == ""

    def test_a_message_can_be_written_whatever_it_has_in_it(self) -> None:
        answer = httpx2.Response(
            400, headers={"content-type": "application/json"}, content=b'{"message":"cut \\ud83d"}'
        )
        with pytest.raises(ApiRefused, match=r"^cut \?$"):
            Backend(answer).get_job()

    def test_a_redirect_is_not_followed(self) -> None:
        backend = Backend(httpx2.Response(302, headers={"Location": "http://elsewhere.invalid/"}), token="secret")
        with pytest.raises(ApiRefused):
            backend.get_job()
        assert len(backend.requests) == 1


class TestAnswersThatBreakTheContract:
    less = httpx2.Response(200, json={"success": True, "data": {"_id": JOB_ID, "status": "PENDING"}})

    def test_strict_callers_get_the_place_of_each_fault(self) -> None:
        with pytest.raises(UnexpectedAnswer, match=r"getImageJob: the API's answer breaks the contract at data"):
            Backend(self.less).get_job()

    def test_lenient_callers_get_what_there_is(self) -> None:
        assert Backend(self.less).get_job(strict=False).data == {"_id": JOB_ID, "status": "PENDING"}

    @pytest.mark.parametrize(
        "answer",
        [
            httpx2.Response(200, text="<html>hello</html>"),
            httpx2.Response(200, headers={"content-type": "application/json"}, content=b"{"),
            httpx2.Response(200, json=["a list"]),
            httpx2.Response(204),
            httpx2.Response(200, headers={"content-type": "application/json"}, content=b"[" * 100_000),
        ],
        ids=["html", "broken json", "a list", "nothing", "too deep"],
    )
    def test_what_is_no_answer_has_no_data(self, answer: httpx2.Response) -> None:
        assert Backend(answer).get_job(strict=False) == Answer(None)
        with pytest.raises(UnexpectedAnswer):
            Backend(answer).get_job()

    @pytest.mark.parametrize("value", [b'"\\ud800"', b"[" * 400 + b"]" * 400], ids=["half a pair", "deep"])
    def test_so_does_a_field_that_cannot_be_judged_and_it_does_not_matter_to_the_lenient(self, value: bytes) -> None:
        answer = httpx2.Response(
            200, headers={"content-type": "application/json"}, content=b'{"data":{"status":"PENDING","x":%s}}' % value
        )
        with pytest.raises(UnexpectedAnswer, match="not plain JSON"):
            Backend(answer).get_job()
        assert Backend(answer).get_job(strict=False).data["status"] == "PENDING"

    def test_a_missing_header_breaks_it_too(self) -> None:
        with pytest.raises(UnexpectedAnswer, match="location"):
            Backend(httpx2.Response(201, json={"success": True, "data": JOB})).client.call("createImageJob")


class TestLongAnswers:
    def test_one_that_is_too_large_is_not_read_to_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(api_client, "MAX_ANSWER_BYTES", 1_000)
        backend = Backend(httpx2.Response(200, content=b"x" * 1_001))
        with pytest.raises(UnexpectedAnswer, match="more than 1000 bytes"):
            backend.get_job(strict=False)
        assert len(backend.requests) == 1
        assert Backend(httpx2.Response(200, content=b"x" * 1_000)).get_job(strict=False) == Answer(None)

    def test_one_that_trickles_in_is_given_up(self) -> None:
        asked = []

        def trickle() -> Iterator[bytes]:
            for _ in range(10_000):
                asked.append(time.monotonic())
                time.sleep(0.01)
                yield b"x"

        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=trickle()))
        client = ApiClient("http://api.invalid", transport=transport, max_tries=1, read_seconds=0.05)
        with pytest.raises(ApiUnavailable, match="does not end"):
            client.call("getImageJob", path={"id": JOB_ID})
        assert len(asked) <= 6


class TestWhatAFailureMeans:
    """The error says whether the request may have been carried out: it was not sent, was refused, or nobody knows."""

    @pytest.mark.parametrize("error", [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("")])
    def test_without_a_connection_nothing_was_sent(self, error: Exception) -> None:
        with pytest.raises(ApiNotReached) as caught:
            Backend(error).get_job()
        assert caught.value.is_refused

    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("last", [None, httpx2.ConnectError("refused")])
    def test_what_was_turned_away_was_sent_but_not_carried_out(self, status: int, last: Exception | None) -> None:
        replies: list[httpx2.Response | Exception] = [refusing(status), *([last] if last else [])]
        with pytest.raises(ApiUnavailable) as caught:
            Backend(*replies).get_job()
        assert not isinstance(caught.value, ApiNotReached)
        assert caught.value.is_refused

    @pytest.mark.parametrize("unclear", [httpx2.ReadError("x"), httpx2.ReadTimeout("x"), httpx2.Response(502)])
    @pytest.mark.parametrize("last", [None, httpx2.ConnectError("refused"), httpx2.Response(503)])
    def test_one_try_whose_end_is_not_known_is_enough(self, unclear: Reply, last: Reply | None) -> None:
        with pytest.raises(ApiUnavailable) as caught:
            Backend(unclear, *([last] if last else [])).get_job()
        assert not isinstance(caught.value, ApiNotReached)
        assert not caught.value.is_refused


@pytest.mark.parametrize("error", [httpx2.ConnectError("refused"), httpx2.ReadTimeout("late")])
def test_no_error_shows_the_password_in_the_apis_address(error: httpx2.TransportError) -> None:
    def fail(request: httpx2.Request) -> httpx2.Response:
        assert request.url.password == "secret"
        raise error

    client = ApiClient("http://u:secret@api.invalid", transport=httpx2.MockTransport(fail), max_tries=1)
    with pytest.raises(ApiUnavailable, match=r"http://api\.invalid") as raised:
        client.call("getHealth")
    assert "secret" not in str(raised.value)
