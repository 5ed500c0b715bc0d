"""The contract keeps the rules of contract_lint, and each rule notices a contract that does not."""

import re
from typing import Any

import pytest
from contract_document import REMOVED, with_change
from contract_lint import (
    RULES,
    Rule,
    every_answer_is_described,
    every_component_is_used,
    every_id_in_a_path_is_a_parameter_with_an_example,
    every_json_body_has_examples_that_follow_its_schema,
    every_object_says_whether_it_is_closed,
    every_operation_says_what_it_is,
    every_reference_leads_somewhere,
    the_errors_fit_the_operation,
)
from imagejobs.contract.openapi import load_contract
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

DOCUMENT = load_contract().document

JOB = ("paths", "/api/image-jobs/{id}")
EVENTS = ("paths", "/api/events")
READY = ("paths", "/readyz", "get")
STATUS = ("paths", "/api/image-jobs/{id}/status", "patch")
SCHEMAS = ("components", "schemas")
BAD_REQUEST = {"$ref": "#/components/responses/BadRequest"}
Place = tuple[str | int, ...]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_contract_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(DOCUMENT)) == []


BROKEN: list[tuple[Rule, Place, Any, str]] = [
    (
        every_operation_says_what_it_is,
        (*JOB, "get", "operationId"),
        REMOVED,
        "GET /api/image-jobs/{id}: no operationId",
    ),
    (every_operation_says_what_it_is, (*JOB, "get", "summary"), "", "getImageJob: no summary"),
    (every_operation_says_what_it_is, (*JOB, "get", "tags"), [], "getImageJob: no tags"),
    (every_operation_says_what_it_is, (*JOB, "get", "tags"), ["other"], "getImageJob: tag other is not described"),
    (every_operation_says_what_it_is, ("tags", 1, "description"), REMOVED, "createEvent: tag events is not described"),
    (
        every_operation_says_what_it_is,
        (*EVENTS, "get", "security"),
        REMOVED,
        "listEvents: does not say who may call it",
    ),
    (every_operation_says_what_it_is, (*JOB, "get", "security"), [{"basic": []}], "getImageJob: unknown .* basic"),
    (the_errors_fit_the_operation, (*EVENTS, "get", "responses", "400"), REMOVED, "listEvents: 400 is missing"),
    (the_errors_fit_the_operation, (*JOB, "get", "responses", "401"), REMOVED, "getImageJob: 401 is missing"),
    (the_errors_fit_the_operation, ("paths", "/docs", "get", "responses", "403"), REMOVED, "getDocs: 403 is missing"),
    (the_errors_fit_the_operation, (*JOB, "delete", "responses", "404"), REMOVED, "deleteImageJob: 404 is missing"),
    (the_errors_fit_the_operation, (*STATUS, "responses", "413"), REMOVED, "updateImageJobStatus: 413 is missing"),
    (the_errors_fit_the_operation, (*STATUS, "responses", "415"), REMOVED, "updateImageJobStatus: 415 is missing"),
    (the_errors_fit_the_operation, (*EVENTS, "post", "responses", "422"), REMOVED, "createEvent: 422 is missing"),
    (the_errors_fit_the_operation, (*READY, "responses", "503"), REMOVED, "getReadiness: 503 is missing"),
    (the_errors_fit_the_operation, (*READY, "responses", "400"), BAD_REQUEST, "getReadiness: 400 cannot happen"),
    (the_errors_fit_the_operation, (*EVENTS, "post", "security"), [], "createEvent: 401 cannot happen"),
    (every_answer_is_described, (*READY, "responses", "200", "description"), "", "getReadiness 200: no description"),
    (every_answer_is_described, (*READY, "responses", "200", "content"), REMOVED, "getReadiness 200: no schema"),
    (
        every_answer_is_described,
        (*READY, "responses", "200"),
        REMOVED,
        r"getReadiness: documents .* not exactly one success",
    ),
    (
        every_answer_is_described,
        (*EVENTS, "post", "responses", "201", "headers"),
        {},
        "createEvent 201: Location is not req",
    ),
    (
        every_answer_is_described,
        ("components", "headers", "RetryAfter", "required"),
        False,
        "createImageJob 503: Retry-After is not required",
    ),
    (
        every_answer_is_described,
        ("components", "responses", "Unauthorized", "headers"),
        REMOVED,
        "createImageJob 401: WWW-Authenticate is not required",
    ),
    (
        every_answer_is_described,
        ("components", "responses", "NotFound", "content", "application/json", "schema"),
        {"type": "object"},
        "getImageJob 404: is not an ErrorAnswer",
    ),
    (
        every_object_says_whether_it_is_closed,
        (*SCHEMAS, "Event", "properties", "tutor"),
        {"type": "object"},
        "#/components/schemas/Event/properties/tutor: open by omission",
    ),
    (
        every_object_says_whether_it_is_closed,
        (*EVENTS, "post", "requestBody", "content", "multipart/form-data", "schema"),
        {"type": "object", "properties": {}},
        "#/paths//api/events/post/requestBody/content/multipart/form-data/schema: open by omission",
    ),
    (
        every_reference_leads_somewhere,
        (*SCHEMAS, "Stats"),
        REMOVED,
        r"/StatsAnswer/.*#/components/schemas/Stats leads nowhere",
    ),
    (every_component_is_used, (*SCHEMAS, "Old"), {"type": "string"}, "#/components/schemas/Old: nobody uses it"),
    (every_component_is_used, ("components", "securitySchemes", "basic"), {}, "securitySchemes/basic: nobody uses it"),
    (every_component_is_used, ("tags", 0, "name"), "images", "tag images: nobody uses it"),
    (
        every_json_body_has_examples_that_follow_its_schema,
        (*STATUS, "requestBody", "content", "application/json", "examples"),
        {},
        "updateImageJobStatus body: no example",
    ),
    (
        every_json_body_has_examples_that_follow_its_schema,
        ("components", "responses", "NotFound", "content", "application/json", "examples"),
        REMOVED,
        "getImageJob 404: no example",
    ),
    (
        every_json_body_has_examples_that_follow_its_schema,
        ("components", "examples", "PendingJob", "value", "data", "status"),
        "pending",
        r"createImageJob 201: example accepted: data\.status: ",
    ),
    (
        every_id_in_a_path_is_a_parameter_with_an_example,
        ("components", "parameters", "EventId", "example"),
        REMOVED,
        "getEvent: id has no example",
    ),
]


@pytest.mark.parametrize(("rule", "place", "value", "told"), BROKEN, ids=[told for *_, told in BROKEN])
def test_the_rule_tells_where_a_contract_breaks_it(rule: Rule, place: Place, value: Any, told: str) -> None:
    assert [each for each in rule(with_change(DOCUMENT, place, value)) if re.search(told, each)]


def test_every_rule_was_shown_to_fail() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)


def test_a_document_that_is_no_openapi_is_noticed() -> None:
    with pytest.raises(OpenAPIValidationError):
        OpenAPIV31SpecValidator(with_change(DOCUMENT, (*READY, "responses"), [])).validate()
