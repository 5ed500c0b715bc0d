"""Every operation and status that the contract documents is provoked once; a pair without a request is a gap."""

import pytest
from contract.requests import OPERATIONS, PAIRS, REQUESTS, meets_a_fault
from imagejobs.contract.operations import JSON
from worlds.api_requests import assert_error, image_file
from worlds.memory_api import HOST, memory_api


@pytest.mark.parametrize(("operation", "status"), PAIRS)
def test_every_documented_answer_is_given(operation: str, status: int) -> None:
    if status not in REQUESTS:
        pytest.fail(f"gap: nothing here provokes {status} of {operation}")
    answer = REQUESTS[status](operation)
    assert answer.status_code == status, answer.text
    content_type = answer.headers["content-type"]
    body = answer.json() if content_type == "application/json" else answer.text
    assert OPERATIONS[operation].response_violations(status, content_type, answer.headers, body) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_that_nobody_foresaw_has_the_form_of_the_default_answer(operation: str) -> None:
    answer = meets_a_fault(operation)
    assert_error(answer, 500, "internal_error")
    assert OPERATIONS[operation].other_error
    assert OPERATIONS[operation].response_violations(500, JSON, answer.headers, answer.json()) == []


def test_a_documented_answer_without_a_request_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(REQUESTS, 422)
    with pytest.raises(pytest.fail.Exception, match="gap: nothing here provokes 422 of createEvent"):
        test_every_documented_answer_is_given("createEvent", 422)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_path_answers_405_to_methods_that_the_contract_does_not_have(method: str) -> None:
    answer = memory_api().client().request(method, f"http://{HOST}/api/image-jobs/stats")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_an_upload_is_accepted_with_a_message_while_the_queue_is_unavailable() -> None:
    api = memory_api()
    api.cut("redis")
    form = {"entityType": "other", "entityId": "x"}
    answer = api.client().post("/api/image-jobs", data=form, files={"image": image_file()})
    assert answer.status_code == 201
    assert answer.json()["message"]
