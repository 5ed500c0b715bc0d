"""Schemathesis over the contract: real images as files, repeatable generation, and one narrow correction."""

import json
import os
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
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

MAX_IMAGES = 1_000
"""For servers under generated requests. How many files one request may have is the server's setting, which a schema
cannot say; tests/unit/api has the test of the limit."""

IMAGES = [image_bytes(name) for name in ("png", "jpeg", "gif", "webp")]
schemathesis.openapi.format("binary", st.sampled_from(IMAGES))
"""Valid data are images: so they must be accepted, 201. Damaged ones are test_damaged_images.py's."""

MOMENTS = st.datetimes().map(lambda each: each.isoformat(timespec="milliseconds") + "Z")
schemathesis.openapi.format("date-time", MOMENTS)
"""As the contract's Timestamp has them: of all points of time one in a thousand would do."""

MAX_SECONDS = 20.0
"""For one answer. Nobody is that slow on a busy machine: this finds what hangs. Speed is the benchmarks' matter."""

STRICT: Mapping[str, Any] = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409"]},  # 404: ids are generated
    "negative_data_rejection": {"expected-statuses": ["400", "404", "405", "415"]},  # 404, 405: of a path cut short
    "missing_required_header": {"expected-statuses": ["400"]},
    "max_response_time": MAX_SECONDS,
}
"""Less than schemathesis would put up with: to answer 5xx or 429 is neither to accept nor to reject."""

REFUSING: Mapping[str, Any] = {
    name: {"expected-statuses": [*STRICT[name]["expected-statuses"], "401", "403"]}
    for name in ("positive_data_acceptance", "negative_data_rejection", "missing_required_header")
}
"""Where the token is missing or wrong."""

OPEN: Mapping[str, Any] = {"ignored_auth": {"enabled": False}}
"""Where the server has no tokens: it asks for none, as the contract's securitySchemes say."""

CUT_OFF: Mapping[str, Any] = {
    "not_a_server_error": {"expected-statuses": ["2xx", "4xx", "503"]},
    "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "503"]},
}
"""Where backing services are unavailable: 503 is right, any other 5xx is as wrong as ever."""


def configuration(examples: int = EXAMPLES, seed: int = 1, **checks: Any) -> SchemathesisConfig:
    """The same requests in every run; every built-in check is on, and STRICT, unless `checks` says otherwise.

    Credentials are set by the tests: generated ones would be overwritten, and the case would claim that they are bad.
    """
    generation = {
        "max-examples": examples,
        "deterministic": True,
        "database": "none",
        "with-security-parameters": False,
    }
    return SchemathesisConfig.from_dict({"seed": seed, "generation": generation, "checks": {**STRICT, **checks}})


def corrected(schema: Any) -> Any:
    """Without failures for bad data that are good on the wire, and for good data with files that are no images.

    Schemathesis negates `name: "x"` to `name: true`; in a multipart body both are text, and the server must take
    `true` for a name. Its own check for this does not see past file parts. So what was sent is judged again.

    An image of an event whose id is generated is refused, as a generated id in a path is: 422 instead of 404.

    On a walk it may also put a body right whose image it had negated to some text: any text is `format: binary` to it.
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
"""What an empty file, a file of another type and a damaged image are answered with."""


def is_about_a_generated_event(case: Case[Any], response: Response) -> bool:
    """Whether an image was refused because no event has the id that was generated for it."""
    if response.status_code != 422 or not isinstance(case.body, dict):
        return False
    code = json.loads(response.content)["error"]["code"]
    return code == "event_not_found" and case.body.get("entityType") == "event"


def sends_only_images(case: Case[Any]) -> bool:
    """Whether every file of the body is one of ours."""
    body = load_contract().operations[operation_id(case)].body
    if body is None or not isinstance(case.body, dict):
        return True
    files = [case.body[name] for name, field in body.fields.items() if field.is_file and name in case.body]
    each_file = [each for file in files for each in (file if isinstance(file, list) else [file])]
    return all(getattr(each, "data", each) in IMAGES for each in each_file)


def keeps_contract_as_sent(case: Case[Any], response: Response) -> bool:
    """Whether the bytes of a multipart body, read again, are valid."""
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
            continue  # a browser's file input without a choice
        field = operation.body.fields.get(name)
        if field is None or field.is_file != (part.get_filename() is not None) or (name in form and not field.is_array):
            return False
        text = ("" if is_empty else "a file") if field.is_file else part.get_content().rstrip("\r\n")
        form[name] = [*form.get(name, []), text] if field.is_array else text
    return operation.body.schema.violations(form) == []


def operation_id(case: Case[Any]) -> str:
    """The contract's name for what the case asks."""
    return str(case.operation.definition.raw["operationId"])


def right_token(case: Case[Any]) -> dict[str, str]:
    """The header that the operation asks for: the worker's where only that will do, else the client's."""
    schemes = {name for alternative in load_contract().operations[operation_id(case)].security for name in alternative}
    if schemes == {"workerToken"}:
        return {"X-Worker-Token": WORKER_TOKENS[0]}
    return {"Authorization": f"Bearer {CLIENT_TOKENS[0]}"}
