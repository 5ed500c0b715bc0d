"""Generated requests over a real socket, to the server that production uses."""

from typing import Any

import schemathesis
from contract.schema import EXAMPLES, MAX_IMAGES, configuration, corrected, operation_id, right_token
from hypothesis import HealthCheck, given, settings
from imagejobs.contract.openapi import load_contract
from schemathesis import Case, GenerationMode
from servers.api_server import served
from worlds.memory_api import with_tokens

LIVE_EXAMPLES = max(3, EXAMPLES // 6)


def test_the_contract_holds_under_uvicorn() -> None:
    asked = set()
    with served(with_tokens(max_images=MAX_IMAGES).app) as address:
        schema = corrected(schemathesis.openapi.from_url(f"{address}/openapi.json", config=configuration()))
        for operation in (each.ok() for each in schema.get_all_operations()):
            asked |= ask(operation, GenerationMode.POSITIVE)
            if can_be_wrong(operation):
                asked |= ask(operation, GenerationMode.NEGATIVE)
    # Schemathesis leaves out the operation that returns the contract itself; test_every_answer covers it.
    assert asked == load_contract().operations.keys() - {"getContract"}


def ask(operation: Any, mode: GenerationMode) -> set[str]:
    """Send generated requests of one operation; the operationIds of the requests sent."""
    asked = set()

    @settings(
        max_examples=LIVE_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),  # many invalid cases are filtered out; max_examples bounds the run
    )
    @given(operation.as_strategy(generation_mode=mode))
    def run(case: Case[Any]) -> None:
        asked.add(operation_id(case))
        case.call_and_validate(headers=right_token(case))

    run()
    return asked


def can_be_wrong(operation: Any) -> bool:
    """Whether a request of the operation has any data that could be invalid."""
    ours = load_contract().operations[operation.definition.raw["operationId"]]
    return bool(ours.parameters or ours.body)
