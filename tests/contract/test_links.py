"""Walks along the contract's links: what one operation answers is what the next one takes."""

from collections import Counter
from typing import Any

import schemathesis
from contract_schema import EXAMPLES, MAX_IMAGES, configuration, corrected, operation_id, right_token
from hypothesis import HealthCheck, settings
from memory_api import with_tokens
from schemathesis import Case
from schemathesis.core.transport import Response

STEPS = 12

REACHED = {
    ("createImageJob", 201),
    ("getImageJob", 200),
    ("updateImageJobStatus", 200),
    ("updateImageJobStatus", 409),
    ("retryImageJob", 200),
    ("retryImageJob", 409),
    ("deleteImageJob", 200),
    ("deleteImageJob", 404),
    ("createEvent", 201),
    ("getEvent", 200),
    ("updateEvent", 200),
}
"""What no walk of single requests reaches: each needs the record that another one made."""


def test_walks_along_the_links_keep_the_contract() -> None:
    api = with_tokens(api_host="testserver", max_images=MAX_IMAGES)
    schema = corrected(schemathesis.openapi.from_asgi("/openapi.json", api.app, config=configuration()))
    seen: Counter[tuple[str, int]] = Counter()

    class Walk(schema.as_state_machine()):  # type: ignore[misc]  # made at run time
        def setup(self) -> None:
            api.clear()  # a walk must not depend on the walks before it, or it could not be repeated

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"headers": right_token(case)}

        def after_call(self, response: Response, case: Case) -> None:
            super().after_call(response, case)
            seen[operation_id(case), response.status_code] += 1

    Walk.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),  # images make large data; the run is bounded by max_examples
        )
    )
    assert not REACHED - seen.keys(), f"not reached: {sorted(REACHED - seen.keys())}; reached: {sorted(seen.items())}"
