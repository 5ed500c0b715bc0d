import logging
from collections.abc import Mapping
from typing import Any

import pytest
from imagejobs.api.binding.authentication import Authentication
from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.endpoint import Endpoint, Uses
from imagejobs.api.binding.lanes import Lanes
from imagejobs.api.binding.request_body import BodyLimits
from imagejobs.api.binding.routes import Binding, bind
from imagejobs.api.limits import Pace, Patience
from imagejobs.contract.openapi import load_contract
from imagejobs.errors import ConfigurationError
from starlette.applications import Starlette
from starlette.testclient import TestClient
from worlds.api_requests import assert_error, created_job
from worlds.memory_api import memory_api

CONTRACT = load_contract()
NOTHING = Endpoint(lambda _: Reply(), Uses.NOTHING)
JOB = "655501d2f12a3d0f3c5a1002"


def answering(reply: Reply, *, validate_responses: bool = True) -> TestClient:
    """An API in which every endpoint gives this reply."""
    endpoints: Mapping[str, Endpoint] = dict.fromkeys(CONTRACT.operations, Endpoint(lambda _: reply, Uses.NOTHING))
    return TestClient(Starlette(routes=bind(CONTRACT, endpoints, binding(validate_responses))))


def binding(validate_responses: bool = True) -> Binding:
    open_to_all = Authentication({"bearerAuth": (), "workerToken": ()})
    return Binding(
        open_to_all, BodyLimits(1, 1, 1, Patience(Pace(1, 1), 1)), validate_responses, lambda *_: None, Lanes()
    )


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply({"status": "fine", "version": "1"}), "ok"),
        (Reply({"status": "ok"}), "is required"),
        (Reply({"status": "ok", "version": "1"}, status=202), "getHealth does not document 202"),
        (Reply(raw=b"ok", content_type="text/plain"), "does not document 'text/plain; charset=utf-8'"),
    ],
)
def test_an_answer_against_the_contract_is_500_in_development(
    reply: Reply, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = answering(reply).get("/healthz")
    message = f"The answer of getHealth with status {reply.status} breaks the contract"
    assert assert_error(answer, 500, "contract_violation") == f"{message}."
    assert any(problem in each["message"] for each in answer.json()["error"]["details"])
    assert f"{message}: [" in caplog.text


def test_a_missing_header_is_against_the_contract() -> None:
    created = {"_id": JOB, "name": "x", "images": [], "imageJobIds": []}
    created |= dict.fromkeys(("createdAt", "updatedAt"), "2024-01-01T00:00:00.000Z")
    form: dict[str, Any] = {"files": [("name", (None, "x"))]}
    answer = memory_api().client().post("/api/events", **form)
    assert answer.headers["location"] == f"/api/events/{answer.json()['data']['_id']}"
    rule = CONTRACT.operations["createEvent"]
    body = {"success": True, "data": created}
    assert [each.field for each in rule.response_violations(201, "application/json", {}, body)] == ["location"]


def test_an_answer_is_not_checked_in_production() -> None:
    answer = answering(Reply({"status": "fine"}), validate_responses=False).get("/healthz")
    assert (answer.status_code, answer.json()["data"]) == (200, {"status": "fine"})


def test_an_operation_without_an_endpoint_is_a_configuration_error() -> None:
    endpoints: dict[str, Endpoint] = dict.fromkeys(CONTRACT.operations, NOTHING)
    del endpoints["getHealth"]
    endpoints["getWealth"] = NOTHING
    with pytest.raises(ConfigurationError) as raised:
        bind(CONTRACT, endpoints, binding())
    assert "operations without an endpoint: ['getHealth']" in str(raised.value)
    assert "endpoints without an operation: ['getWealth']" in str(raised.value)


def test_stats_is_not_taken_for_a_job() -> None:
    client = memory_api().client()
    assert "queueLength" in client.get("/api/image-jobs/stats").json()["data"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "POST"])
def test_a_method_that_a_path_does_not_have_is_405_with_those_it_has(method: str) -> None:
    answer = memory_api().client().request(method, "/api/image-jobs/stats")
    assert_error(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_head_answers_what_get_does_without_a_body() -> None:
    client = memory_api().client()
    job_id = created_job(client)["_id"]
    got, head = client.get(f"/api/image-jobs/{job_id}"), client.head(f"/api/image-jobs/{job_id}")
    assert (head.status_code, head.headers["content-length"]) == (200, got.headers["content-length"])


def test_every_request_is_observed_with_its_operation_and_status() -> None:
    seen: list[tuple[str, int]] = []
    endpoints: dict[str, Endpoint] = dict.fromkeys(
        CONTRACT.operations, Endpoint(lambda _: Reply({"status": "ok", "version": "1"}), Uses.NOTHING)
    )

    def broken(_call: Call) -> Reply:
        raise RuntimeError

    endpoints["getMetrics"] = Endpoint(broken, Uses.RECORDS)

    def observe(operation: str, status: int, seconds: float) -> None:
        assert 0 <= seconds < 60
        seen.append((operation, status))

    shared: Any = binding(validate_responses=False)
    routes = bind(CONTRACT, endpoints, Binding(shared.authentication, shared.limits, False, observe, Lanes()))
    client = TestClient(Starlette(routes=routes))
    client.get("/healthz")
    client.get("/metrics")
    client.get("/api/image-jobs/nonsense")
    assert seen == [("getHealth", 200), ("getMetrics", 500), ("getImageJob", 400)]


@pytest.mark.parametrize("path", ["/api/events/", f"/api/image-jobs/{JOB}/", "/healthz/"])
def test_an_address_with_a_slash_too_many_is_not_found_rather_than_sent_elsewhere(path: str) -> None:
    answer = memory_api().client().get(path, follow_redirects=False)
    assert_error(answer, 404, "not_found")
