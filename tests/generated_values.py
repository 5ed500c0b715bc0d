"""Values made from a JSON Schema, by schemathesis: those that follow it, and those that break it."""

from collections.abc import Callable, Mapping
from typing import Any

import schemathesis
from contract_schema import EXAMPLES, configuration
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def values(schema: Mapping[str, Any], mode: GenerationMode = POSITIVE) -> st.SearchStrategy[Any]:
    """Values of the schema; with NEGATIVE those that break it, among them bytes that are not even JSON.

    Schemathesis generates requests, so the schema is made a request's body.
    """
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "One body", "version": "1"},
        "paths": {"/": {"post": {"requestBody": body, "responses": {"200": {"description": "Any."}}}}},
    }
    (operation,) = schemathesis.openapi.from_dict(document, config=configuration()).get_all_operations()
    return operation.ok().as_strategy(generation_mode=mode).map(lambda case: case.body)


def for_each(strategy: st.SearchStrategy[Any], check: Callable[[Any], None], examples: int = EXAMPLES) -> None:
    """Run the check with generated values, the same ones every time."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),  # negative data are filtered a lot; max_examples bounds the run
    )
    @given(strategy)
    def run(value: Any) -> None:
        check(value)

    run()
