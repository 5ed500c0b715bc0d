"""The contract keeps the rules of lint.py, shape.py and text.py, and each rule reports a contract that does not."""

import re
from typing import Any

import pytest
from contract.document import REMOVED, with_change
from contract.lint import (
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
from contract.shape import (
    SHAPE_RULES,
    every_field_is_known,
    every_keyword_fits_its_type,
    every_large_integer_says_its_size,
    every_link_is_made_of_expressions,
    every_object_schema_has_a_name,
    every_operation_has_a_default_error,
    every_required_field_is_defined,
    every_schema_keeps_its_metaschema,
    every_value_has_a_type,
    no_names_differ_by_case_only,
    no_text_is_a_choice_of_texts,
)
from contract.text import text_faults
from imagejobs.contract.files import contract_file
from imagejobs.contract.openapi import load_contract
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

DOCUMENT = load_contract().document

JOB = ("paths", "/api/image-jobs/{id}")
EVENTS = ("paths", "/api/events")
READY = ("paths", "/readyz", "get")
STATUS = ("paths", "/api/image-jobs/{id}/status", "patch")
SCHEMAS = ("components", "schemas")
UPDATE = (*SCHEMAS, "StatusUpdate")
LINK = ("components", "links", "GetEvent")
TEXT = {"type": "string"}
BAD_REQUEST = {"$ref": "#/components/responses/BadRequest"}
Place = tuple[str | int, ...]


@pytest.mark.parametrize("rule", [*RULES, *SHAPE_RULES], ids=lambda rule: rule.__name__)
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
        "#/components/schemas/Event/properties/tutor: `additionalProperties` is missing",
    ),
    (
        every_object_says_whether_it_is_closed,
        (*EVENTS, "post", "requestBody", "content", "multipart/form-data", "schema"),
        {"type": "object", "properties": {}},
        "#/paths//api/events/post/requestBody/content/multipart/form-data/schema: `additionalProperties` is missing",
    ),
    (
        every_reference_leads_somewhere,
        (*SCHEMAS, "Stats"),
        REMOVED,
        r"/StatsAnswer/.*#/components/schemas/Stats does not exist",
    ),
    (every_component_is_used, (*SCHEMAS, "Old"), {"type": "string"}, "#/components/schemas/Old: is not used"),
    (every_component_is_used, ("components", "securitySchemes", "basic"), {}, "securitySchemes/basic: is not used"),
    (every_component_is_used, ("tags", 0, "name"), "images", "tag images: is not used"),
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
    # The shape of each object and each schema.
    (every_field_is_known, (*UPDATE, "properties", "errorMsg", "000 characters."), None, r"has no field '000 char"),
    (every_field_is_known, (*UPDATE, "if", "properties", "status", "enums"), ["x"], "if/properties/status: .* 'enums'"),
    (every_field_is_known, (*SCHEMAS, "ImageJob", "nullable"), True, "a schema object has no field 'nullable'"),
    (every_field_is_known, ("servers", 0, "name"), "x", "#/servers/0: a server object has no field 'name'"),
    (every_field_is_known, ("info", "contacts"), {}, "#/info: a info object has no field 'contacts'"),
    (every_field_is_known, (*JOB, "fetch"), {}, "a path object has no field 'fetch'"),
    (every_field_is_known, (*JOB, "get", "operationID"), "x", "an? operation object has no field 'operationID'"),
    (every_field_is_known, ("components", "parameters", "Limit", "defaults"), 1, "a parameter object has no field"),
    (every_field_is_known, ("components", "headers", "Location", "in"), "header", "a header object has no field 'in'"),
    (every_field_is_known, ("components", "responses", "NotFound", "schema"), {}, "a response object has no field"),
    (every_field_is_known, ("components", "examples", "Claim", "values"), {}, "a example object has no field 'values'"),
    (every_field_is_known, (*LINK, "operation"), "getEvent", "a link object has no field 'operation'"),
    (every_field_is_known, (*READY, "responses", "403", "headers"), {}, "a response object has no field 'headers'"),
    (every_field_is_known, (*SCHEMAS, "Event"), "Event", "#/components/schemas/Event: is not a schema object"),
    (every_schema_keeps_its_metaschema, (*SCHEMAS, "EntityId", "maxLength"), "200", "schemas/EntityId: "),
    (every_schema_keeps_its_metaschema, (*SCHEMAS, "EntityId", "pattern"), "^[", "schemas/EntityId: "),
    (every_schema_keeps_its_metaschema, (*SCHEMAS, "Event", "required"), "name", "schemas/Event: "),
    (
        every_keyword_fits_its_type,
        (*SCHEMAS, "EntityId", "minimum"),
        1,
        r"EntityId: minimum has no effect on",
    ),
    (
        every_keyword_fits_its_type,
        (*UPDATE, "properties", "attempt", "maxLength"),
        1,
        "attempt: maxLength has no effect on",
    ),
    (every_keyword_fits_its_type, (*SCHEMAS, "Event", "items"), TEXT, "Event: items has no effect on"),
    (
        every_keyword_fits_its_type,
        (*UPDATE, "properties", "attempt", "format"),
        "date-time",
        "attempt: format date-time",
    ),
    (every_keyword_fits_its_type, (*SCHEMAS, "Timestamp", "format"), "datetime", "Timestamp: format datetime"),
    (
        every_value_has_a_type,
        (*SCHEMAS, "ErrorAnswer", "properties", "success"),
        {"const": False},
        "const without type",
    ),
    (every_value_has_a_type, (*SCHEMAS, "JobStatus", "type"), REMOVED, "JobStatus: enum without type"),
    (
        every_large_integer_says_its_size,
        (*SCHEMAS, "Rendition", "properties", "bytes", "format"),
        "int32",
        "bytes: may be above 2147483647 without format int64",
    ),
    (
        every_large_integer_says_its_size,
        (*SCHEMAS, "Rendition", "properties", "bytes", "maximum"),
        REMOVED,
        "bytes: int64 without a maximum",
    ),
    (
        every_required_field_is_defined,
        (*SCHEMAS, "Event", "required"),
        ["title"],
        "Event: required title is not",
    ),
    (
        every_required_field_is_defined,
        (*UPDATE, "else", "then", "required"),
        ["token"],
        "required token is not",
    ),
    (
        every_required_field_is_defined,
        (*UPDATE, "properties", "attempt"),
        REMOVED,
        "else/then: required attempt",
    ),
    (no_text_is_a_choice_of_texts, (*SCHEMAS, "ErrorCode"), {"anyOf": [TEXT, TEXT]}, "ErrorCode: anyOf of texts"),
    (
        no_text_is_a_choice_of_texts,
        (*SCHEMAS, "ErrorCode"),
        {"oneOf": [{"$ref": "#/components/schemas/ImageErrorCode"}, TEXT]},
        "ErrorCode: oneOf of texts",
    ),
    (no_names_differ_by_case_only, (*SCHEMAS, "ReportedStatus", "x-enum-varnames"), REMOVED, "'PENDING', 'pending'"),
    (
        no_names_differ_by_case_only,
        (*SCHEMAS, "ReportedStatus", "x-enum-varnames"),
        ["A"],
        "must have one name for each value",
    ),
    (no_names_differ_by_case_only, (*SCHEMAS, "Event", "properties", "Name"), TEXT, "'name', 'Name'"),
    (no_names_differ_by_case_only, (*SCHEMAS, "event"), {"type": "object"}, "components/schemas: .*'Event', 'event'"),
    (
        every_object_schema_has_a_name,
        (*SCHEMAS, "Renditions", "items"),
        {"type": "object", "properties": {"key": TEXT}},
        "Renditions/items: an inline object",
    ),
    (every_link_is_made_of_expressions, (*LINK, "requestBody"), {"name": "x"}, "links/GetEvent: has a requestBody"),
    (every_link_is_made_of_expressions, (*LINK, "parameters", "id"), "1", "links/GetEvent: id is a literal"),
    (every_operation_has_a_default_error, (*READY, "responses", "default"), REMOVED, "getReadiness: no default answer"),
]


@pytest.mark.parametrize(("rule", "place", "value", "told"), BROKEN, ids=[told for *_, told in BROKEN])
def test_the_rule_tells_where_a_contract_breaks_it(rule: Rule, place: Place, value: Any, told: str) -> None:
    assert [each for each in rule(with_change(DOCUMENT, place, value)) if re.search(told, each)]


def test_every_rule_was_shown_to_fail() -> None:
    assert {rule for rule, *_ in BROKEN} == {*RULES, *SHAPE_RULES}


def test_a_document_that_is_no_openapi_is_noticed() -> None:
    with pytest.raises(OpenAPIValidationError):
        OpenAPIV31SpecValidator(with_change(DOCUMENT, (*READY, "responses"), [])).validate()


TEXT_OF_THE_CONTRACT = contract_file("openapi.yaml").read_text()


def test_the_text_means_the_same_to_every_reader_of_yaml() -> None:
    assert text_faults(TEXT_OF_THE_CONTRACT) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\na: 2", ["2: the key a occurs twice"]),
        ("x: { b: {}, b: {} }", ["1: the key b occurs twice"]),
        ("a: &here { b: 1 }\nc: *here", ["1: AnchorToken here", "2: AliasToken here"]),
        ("a:\n  <<: { b: 1 }", ["2: the key << is not text"]),
        ("200: {}", ["1: the key 200 is not text"]),
        ("on: {}", ["1: the key on is not text"]),
        ("{ d: For people. Kept up to 2,000 characters. }", ["1: nothing is not written as in JSON"]),
        ("a: null", ["1: null is not written as in JSON"]),
        ("a: ~", ["1: ~ is not written as in JSON"]),
        ("a: yes", ["1: yes is not written as in JSON"]),
        ("a: True", ["1: True is not written as in JSON"]),
        ("a: n", ["1: n is text without quotes, which a reader may take for something else"]),
        ("a: 2024-01-01", ["1: 2024-01-01 is not written as in JSON"]),
        ("a: 2024-01-01T00:00:00.000Z", ["1: 2024-01-01T00:00:00.000Z is not written as in JSON"]),
        ("a: 12:30:45", ["1: 12:30:45 is not written as in JSON"]),
        ("a: 1_000", ["1: 1_000 is not written as in JSON"]),
        ("a: 0x1F", ["1: 0x1F is not written as in JSON"]),
        ("a: 017", ["1: 017 is not written as in JSON"]),
        ("a: .inf", ["1: .inf is not written as in JSON"]),
        ("a: [0o17]", ["1: 0o17 is text without quotes, which a reader may take for something else"]),
        ("a: 1e3", ["1: 1e3 is text without quotes, which a reader may take for something else"]),
        ("a: 655501d2f12a", ["1: 655501d2f12a is text without quotes, which a reader may take for something else"]),
        ("a: 0.1.0", ["1: 0.1.0 is text without quotes, which a reader may take for something else"]),
        (
            "a: !!str 1",
            ["1: TagToken ('!!', 'str')", "1: 1 is text without quotes, which a reader may take for something else"],
        ),
        ("a: 1\n---\nb: 2", ["1: 2 documents, not one"]),
        ('a: ["2024-01-01", 1, 1.5, -2, true, false, text, a 1, 24 digits]', []),
    ],
)
def test_what_readers_of_yaml_take_for_different_things_is_noticed(text: str, told: list[str]) -> None:
    assert text_faults(text) == told
