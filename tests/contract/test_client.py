"""The command line's client. Every documented response is returned, raised as a refusal, or raised as an outage.

A response that breaks the contract is an error of its own.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imagejobs.client.answers import Answer
from imagejobs.client.errors import ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.contract.openapi import load_contract
from imagejobs.contract.operations import JSON
from servers.contract_stub import (
    TRIES,
    Documented,
    Stub,
    briefly,
    documented,
    generated_from,
    json_reply,
    reply,
    stub_server,
)

ID = "655501d2f12a3d0f3c5a1002"
NOT_CARRIED_OUT = frozenset({408, 429, 503})
"""Statuses after which the client sends any request again, even one that must not take effect twice."""
SERVER_ERROR = 500

ANSWERS = documented()


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


def called(stub: Stub, operation: str, *, repeatable: bool) -> Answer:
    return stub.client.call(operation, path={"id": ID}, repeatable=repeatable)


def test_every_operation_with_json_answers_is_among_them() -> None:
    answered_in_json = {each.operation for each in ANSWERS if each.status < 300}
    assert set(load_contract().operations) - answered_in_json == {"getDocs", "getMetrics"}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: f"{each.operation}-{each.status}")
def test_every_documented_answer_comes_to_what_it_says(stub: Stub, answer: Documented) -> None:
    @briefly
    @given(answer.bodies(), answer.headers(), st.booleans())
    def check(body: Mapping[str, Any], headers: Mapping[str, str], repeatable: bool) -> None:
        stub.answering(json_reply(answer.status, body, headers))
        if answer.status < 300:
            assert called(stub, answer.operation, repeatable=repeatable) == Answer(body.get("data"), body.get("cursor"))
        elif answer.status >= SERVER_ERROR:
            with pytest.raises(ApiUnavailable) as away:
                called(stub, answer.operation, repeatable=repeatable)
            assert body["message"] in str(away.value)
            assert len(stub.asked) == (TRIES if repeatable or answer.status in NOT_CARRIED_OUT else 1)
        else:
            with pytest.raises(ApiRefused) as refused:
                called(stub, answer.operation, repeatable=repeatable)
            assert (refused.value.status, refused.value.code) == (answer.status, body["error"]["code"])
            assert str(refused.value) == body["message"]
            assert len(stub.asked) == (TRIES if answer.status in NOT_CARRIED_OUT else 1)

    check()


@pytest.mark.parametrize("answer", [each for each in ANSWERS if each.status < 300], ids=lambda each: each.operation)
def test_an_answer_that_breaks_its_schema_is_never_returned(stub: Stub, answer: Documented) -> None:
    @briefly
    @given(generated_from(answer.media["schema"], valid=False), answer.headers())
    def check(body: Any, headers: Mapping[str, str]) -> None:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        stub.answering(reply(answer.status, sent, {"Content-Type": JSON, **headers}))
        with pytest.raises(UnexpectedAnswer, match=f"{answer.operation}: the API's answer breaks the contract"):
            called(stub, answer.operation, repeatable=True)

    check()


@pytest.mark.parametrize("answer", [each for each in ANSWERS if each.status == 201], ids=lambda each: each.operation)
def test_nor_is_one_without_its_headers(stub: Stub, answer: Documented) -> None:
    stub.answering(json_reply(answer.status, answer.examples()[0]))
    with pytest.raises(UnexpectedAnswer, match="location"):
        called(stub, answer.operation, repeatable=True)
