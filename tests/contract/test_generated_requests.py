"""Generated requests, valid and invalid, for every operation: with the right, a wrong or no token, and in outages."""

from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from contract.schema import (
    BRIEFLY,
    CUT_OFF,
    EXAMPLES,
    MAX_IMAGES,
    OPEN,
    REFUSING,
    configuration,
    corrected,
    operation_id,
    right_token,
)
from imagejobs.contract.openapi import load_contract
from schemathesis import Case
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, memory_api, with_tokens

HOST = "testserver"  # the name under which schemathesis calls an application in this process

guarded_api = with_tokens(api_host=HOST, max_images=MAX_IMAGES)
guarded = corrected(schemathesis.openapi.from_asgi("/openapi.json", guarded_api.app, config=configuration()))

open_api = memory_api(api_host=HOST, allow_unauthenticated=True, max_images=MAX_IMAGES)
open_schema = corrected(
    schemathesis.openapi.from_asgi(
        "/openapi.json",
        open_api.app,
        config=configuration(seed=2, **OPEN),
    )
)

locked_api = with_tokens(api_host=HOST)
locked = corrected(
    schemathesis.openapi.from_asgi(
        "/openapi.json", locked_api.app, config=configuration(max(3, EXAMPLES // 10), 3, BRIEFLY, **REFUSING)
    )
)

cut_off_api = with_tokens(api_host=HOST, max_images=MAX_IMAGES)
cut_off = corrected(
    schemathesis.openapi.from_asgi(
        "/openapi.json", cut_off_api.app, config=configuration(max(3, EXAMPLES // 10), 4, BRIEFLY, **CUT_OFF)
    )
)


@pytest.fixture(params=["generated"])
def told_apart() -> None:
    """Makes ids unique: without a parameter, pytest 9.2 gives the tests of all operations one id; xdist runs one."""


@guarded.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types here
@pytest.mark.usefixtures("told_apart")
def test_the_right_token_gets_what_the_contract_promises(case: Case[Any]) -> None:
    case.call_and_validate(headers=right_token(case))


@open_schema.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types here
@pytest.mark.usefixtures("told_apart")
def test_an_open_server_keeps_the_contract_without_tokens(case: Case[Any]) -> None:
    case.call_and_validate()


WRONG: Mapping[str, tuple[dict[str, str], frozenset[int]]] = {
    "missing": ({}, frozenset({401})),
    "wrong": ({"Authorization": "Bearer stranger", "X-Worker-Token": "stranger"}, frozenset({401})),
    "halved": ({"Authorization": CLIENT_TOKENS[0], "X-Worker-Token": WORKER_TOKENS[0][:-1]}, frozenset({401})),
}


@pytest.mark.parametrize("credentials", WRONG)
@locked.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types here
def test_without_a_known_token_every_protected_operation_answers_401(case: Case[Any], credentials: str) -> None:
    headers, statuses = WRONG[credentials]
    assert_refused(case, headers, statuses)


@locked.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types here
@pytest.mark.usefixtures("told_apart")
def test_the_token_of_the_other_kind_is_403(case: Case[Any]) -> None:
    if operation_id(case) == "getImageJob":
        return  # takes both kinds
    other = {"X-Worker-Token": WORKER_TOKENS[1]}
    if right_token(case).keys() == other.keys():
        other = {"Authorization": f"Bearer {CLIENT_TOKENS[1]}"}
    assert_refused(case, other, frozenset({403}))


def assert_refused(case: Case[Any], headers: dict[str, str], statuses: frozenset[int]) -> None:
    """Check that protected operations refuse and open ones answer as usual, and that nothing was created."""
    response = case.call_and_validate(headers=headers)
    if (
        load_contract().operations[operation_id(case)].security
        and response.request.method == case.operation.method.upper()
    ):
        assert response.status_code in statuses
    locked_api.assert_untouched()


@pytest.mark.parametrize(
    "services", [("mongodb",), ("redis",), ("storage",), ("mongodb", "redis", "storage")], ids="+".join
)
@cut_off.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types here
def test_while_services_are_away_every_answer_is_a_documented_one(case: Case[Any], services: tuple[str, ...]) -> None:
    cut_off_api.clear()
    cut_off_api.cut(*services)
    try:
        case.call_and_validate(headers=right_token(case))
    finally:
        cut_off_api.mend()
    if "mongodb" in services:
        cut_off_api.assert_untouched()
