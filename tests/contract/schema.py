"""Schemathesis with the contract: real images as files, repeatable generation, and a few narrow corrections."""

import json
import os
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from types import MappingProxyType
from typing import Any

import schemathesis
from hypothesis import strategies as st
from imagejobs.contract.openapi import load_contract
from imagejobs.contract.operations import MULTIPART
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import RejectedPositiveData
from worlds.api_requests import image_bytes
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "30"))
"""Generated requests per operation; a long campaign sets more: `CONTRACT_EXAMPLES=5000 pytest tests/contract`."""

BRIEFLY: Mapping[str, Any] = {} if EXAMPLES >= 30 else {"coverage": {"enabled": False}}
"""Phases of schemathesis where a refusal or an outage is tested. A quick run tries the boundary values of every schema
only where requests are carried out, and here generated requests alone."""

MAX_IMAGES = 1_000
"""Limit of servers under generated requests, above what is generated: the schema cannot express this setting.

tests/unit/api tests the limit itself.
"""

IMAGES = [image_bytes(name) for name in ("png", "jpeg", "gif", "webp")]
schemathesis.openapi.format("binary", st.sampled_from(IMAGES))
"""Generated files are real images, which the API must accept with 201. Damaged ones: test_damaged_images.py."""

MOMENTS = st.datetimes().map(lambda each: each.isoformat(timespec="milliseconds") + "Z")
schemathesis.openapi.format("date-time", MOMENTS)
"""Times in the format of the contract's Timestamp: of arbitrary times only one in a thousand would match it."""

MAX_SECONDS = 20.0
"""Limit for one response. It only finds requests that hang; benchmarks measure speed."""

STRICT: Mapping[str, Any] = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409"]},  # 404: ids are generated
    "negative_data_rejection": {"expected-statuses": ["400", "404", "405", "415"]},  # 404, 405: a path may be cut short
    "missing_required_header": {"expected-statuses": ["400"]},
    "max_response_time": MAX_SECONDS,
}
"""Stricter than Schemathesis' defaults: a response 5xx or 429 neither accepts nor rejects the data."""

REFUSING: Mapping[str, Any] = {
    name: {"expected-statuses": [*STRICT[name]["expected-statuses"], "401", "403"]}
    for name in ("positive_data_acceptance", "negative_data_rejection", "missing_required_header")
}
"""Checks for requests whose token is missing or wrong."""

OPEN: Mapping[str, Any] = {"ignored_auth": {"enabled": False}}
"""Checks for a server without tokens, which requires none, as the contract's securitySchemes say."""

CUT_OFF: Mapping[str, Any] = {
    "not_a_server_error": {"expected-statuses": ["2xx", "4xx", "503"]},
    "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "503"]},
}
"""Checks for a server whose backing services are unavailable: it may answer 503, but no other 5xx."""


def configuration(
    examples: int = EXAMPLES, seed: int = 1, phases: Mapping[str, Any] = MappingProxyType({}), **checks: Any
) -> SchemathesisConfig:
    """A configuration with the same requests in every run and all built-in checks, STRICT unless `checks` overrides.

    No credentials are generated: the tests set their own, and a case with generated ones would still be marked invalid.
    """
    generation = {
        "max-examples": examples,
        "deterministic": True,
        "database": "none",
        "with-security-parameters": False,
    }
    return SchemathesisConfig.from_dict(
        {"seed": seed, "generation": generation, "phases": dict(phases), "checks": {**STRICT, **checks}}
    )


def corrected(schema: Any) -> Any:
    """The schema with a filter that drops three kinds of false failures.

    - Invalid data that are valid on the wire: Schemathesis negates `name: "x"` to `name: true`, but in a multipart body
      both are text. Its own check for this ignores bodies with files, so the bytes that were sent are judged again.
    - Valid data about an event with a generated id: the image is refused with 422, as such an id in a path is with 404.
    - On a walk, a "valid" body whose image is some text: for Schemathesis any text is `format: binary`.
    """

    @schema.hook("filter_failure")  # type: ignore[untyped-decorator]  # schemathesis' hooks have no types
    def is_real(_context: Any, failure: Failure, case: Case[Any], response: Response) -> bool:
        if isinstance(failure, RejectedPositiveData):
            if is_about_a_generated_event(case, response):
                return False
            return response.status_code not in NO_IMAGE or sends_only_images(case)
        return not (isinstance(failure, AcceptedNegativeData) and keeps_contract_as_sent(case, response))

    return schema


NO_IMAGE = frozenset({400, 415, 422})
"""The statuses for an empty file, a file of another type and a damaged image."""


def is_about_a_generated_event(case: Case[Any], response: Response) -> bool:
    """Whether an image was refused because an event with the generated id does not exist."""
    if response.status_code != 422 or not isinstance(case.body, dict):
        return False
    code = json.loads(response.content)["error"]["code"]
    return code == "event_not_found" and case.body.get("entityType") == "event"


def sends_only_images(case: Case[Any]) -> bool:
    """Whether every file of the body is one of IMAGES."""
    body = load_contract().operations[operation_id(case)].body
    if body is None or not isinstance(case.body, dict):
        return True
    files = [case.body[name] for name, field in body.fields.items() if field.is_file and name in case.body]
    each_file = [each for file in files for each in (file if isinstance(file, list) else [file])]
    return all(getattr(each, "data", each) in IMAGES for each in each_file)


def keeps_contract_as_sent(case: Case[Any], response: Response) -> bool:
    """Whether the multipart body is valid when its bytes are parsed again."""
    operation = load_contract().operations[operation_id(case)]
    if operation.body is None or operation.body.content_type != MULTIPART:
        return False
    sent = response.request.body
    assert isinstance(sent, bytes)
    content_type = str(response.request.headers.get("Content-Type", ""))
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + sent)
    form: dict[str, Any] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        is_empty = not part.get_payload(decode=True)
        if part.get_filename() == "" and is_empty:
            continue  # what a browser sends for a file input without a file
        field = operation.body.fields.get(name)
        if field is None or field.is_file != (part.get_filename() is not None) or (name in form and not field.is_array):
            return False
        text = ("" if is_empty else "a file") if field.is_file else part.get_content().rstrip("\r\n")
        form[name] = [*form.get(name, []), text] if field.is_array else text
    return operation.body.schema.violations(form) == []


def operation_id(case: Case[Any]) -> str:
    """The operationId of the case's operation."""
    return str(case.operation.definition.raw["operationId"])


def right_token(case: Case[Any]) -> dict[str, str]:
    """The header with the token that the operation requires: a worker's if it takes no other, else a client's."""
    schemes = {name for alternative in load_contract().operations[operation_id(case)].security for name in alternative}
    if schemes == {"workerToken"}:
        return {"X-Worker-Token": WORKER_TOKENS[0]}
    return {"Authorization": f"Bearer {CLIENT_TOKENS[0]}"}
