"""The contract breaks no program written for a released one; a change that would is reported with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract.changes import breaking_changes
from contract.document import REMOVED, with_change
from contract.schema_changes import Side, schema_changes
from imagejobs.contract.files import contract_file
from imagejobs.contract.openapi import load_contract

DOCUMENT = load_contract().document
MESSAGE = json.loads(contract_file("task_queue.schema.json").read_bytes())
RELEASED = contract_file("openapi.yaml").parent / "released"
CONTRACTS = sorted(RELEASED.glob("openapi-*.yaml"))
MESSAGES = sorted(RELEASED.glob("task_queue-*.schema.json"))

Place = tuple[str | int, ...]
SCHEMAS = ("components", "schemas")
JOBS = ("paths", "/api/image-jobs")
JOB = ("paths", "/api/image-jobs/{id}")
STATS = ("paths", "/api/image-jobs/stats")
STATUS = ("paths", "/api/image-jobs/{id}/status")
EVENTS = ("paths", "/api/events")
READY = ("paths", "/readyz")
FORM = (*SCHEMAS, "CreateImageJobForm")
IMAGE = (*SCHEMAS, "ImageFile")
UPDATE = (*SCHEMAS, "StatusUpdate", "properties")
JOB_FIELDS = (*SCHEMAS, "ImageJob", "properties")
STRING = {"type": "string"}
NEW_PARAMETER = {"name": "fields", "in": "query", "schema": STRING}
INTEGER = {"type": "integer"}
ANY_OF_TEXTS = {
    "anyOf": [STRING | {"pattern": "^[a-c]{1,3}$"}, STRING | {"pattern": "^[0-9]{4}$"}, STRING | {"maxLength": 0}]
}
ONE, TWO = (
    {"if": {"required": ["a"], "properties": {"a": {"enum": [value]}}}, "then": {"required": [needed]}}
    for value, needed in (("x", "b"), ("y", "c"))
)
ANSWER = {"description": "x", "content": {"application/json": {"schema": STRING}}}


NOT_EMPTY = "minLength None -> 1: refuses what was accepted"
STATED = frozenset(
    f"{place}: {NOT_EMPTY}"
    for place in ("createImageJob body .image", "createEvent body .images[]", "updateEvent body .images[]")
)
"""Narrowings of the document only: servers of 0.1.0 and 0.1.1 already refused an empty file, with 400."""


def unstated_changes(old: Any, new: Any) -> list[str]:
    """The breaking changes that are not in STATED, word for word."""
    return [change for change in breaking_changes(old, new) if change not in STATED]


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_the_contract_keeps_what_this_release_promised(path: Path) -> None:
    assert unstated_changes(yaml.safe_load(path.read_bytes()), DOCUMENT) == []


def test_every_stated_change_is_one_since_the_first_release() -> None:
    assert set(breaking_changes(yaml.safe_load(CONTRACTS[0].read_bytes()), DOCUMENT)) >= STATED


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ((*IMAGE, "minLength"), 2, "createImageJob body .image: minLength None -> 2: refuses what was accepted"),
        ((*IMAGE, "maxLength"), 9, "updateEvent body .images[]: maxLength None -> 9: refuses what was accepted"),
        ((*FORM, "properties", "entityId", "minLength"), 2, "createImageJob body .entityId: minLength 1 -> 2: refuses"),
        ((*UPDATE, "outputImageURL", "minLength"), 1, f"updateImageJobStatus body .outputImageURL: {NOT_EMPTY}"),
    ],
)
def test_a_change_beside_the_stated_ones_is_noticed(place: Place, value: Any, told: str) -> None:
    first = yaml.safe_load(CONTRACTS[0].read_bytes())
    changes = unstated_changes(first, with_change(DOCUMENT, place, value))
    assert [change for change in changes if told in change], changes


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.name)
def test_the_message_keeps_what_this_release_promised(path: Path, side: Side) -> None:
    """Other programs push the message and other programs pop it."""
    assert schema_changes(json.loads(path.read_bytes()), MESSAGE, side) == []


def test_each_release_left_both_of_its_contracts_under_its_version() -> None:
    versions = [path.stem.removeprefix("openapi-") for path in CONTRACTS]
    assert versions
    assert [yaml.safe_load(path.read_bytes())["info"]["version"] for path in CONTRACTS] == versions
    assert [path.name for path in MESSAGES] == [f"task_queue-{version}.schema.json" for version in versions]


BREAKING: list[tuple[Place, Any, str]] = [
    # Operations and who may call them.
    (STATS, REMOVED, "getImageJobStats the operation was removed"),
    ((*JOB, "delete"), REMOVED, "deleteImageJob the operation was removed"),
    ((*JOB, "get", "operationId"), "readImageJob", "getImageJob operationId: is readImageJob now"),
    ((*JOB, "get", "security"), [{"bearerAuth": []}], "getImageJob security: workerToken is no longer sufficient"),
    ((*EVENTS, "get", "security"), [{"bearerAuth": []}], "listEvents security: no token is no longer sufficient"),
    (
        (*JOBS, "get", "security"),
        [{"bearerAuth": [], "workerToken": []}],
        "listImageJobs security: bearerAuth is no longer sufficient",
    ),
    (
        ("components", "securitySchemes", "workerToken", "name"),
        "X-Token",
        "security scheme workerToken: cannot compare name: X-Worker-Token -> X-Token",
    ),
    # Parameters.
    ((*JOBS, "get", "parameters", 2), REMOVED, "listImageJobs query parameter status: was removed"),
    (
        (*STATS, "get", "parameters"),
        [NEW_PARAMETER | {"required": True}],
        "query parameter fields: is new and required",
    ),
    ((*JOBS, "get", "parameters", 2, "required"), True, "listImageJobs query parameter status: is required now"),
    (
        ("components", "parameters", "Limit", "schema", "maximum"),
        50,
        "listImageJobs query parameter limit .: maximum 100 -> 50: refuses what was accepted",
    ),
    (
        ("components", "parameters", "Limit", "schema", "default"),
        20,
        "listImageJobs query parameter limit .: default 50 -> 20: means something else",
    ),
    (
        ("components", "parameters", "Limit", "style"),
        "deepObject",
        "listImageJobs query parameter limit: cannot compare style: None -> deepObject",
    ),
    (
        ("components", "parameters", "IdempotencyKey", "schema", "pattern"),
        "^[a-z]+$",
        r"createImageJob header parameter Idempotency-Key .: pattern ^[\x21-\x7e]+$ -> ^[a-z]+$: refuses what was",
    ),
    # What callers send.
    ((*STATS, "get", "requestBody"), {"required": True, "content": {}}, "getImageJobStats body: is new and required"),
    ((*STATUS, "patch", "requestBody"), REMOVED, "updateImageJobStatus body: was removed"),
    (
        (*STATUS, "patch", "requestBody", "content"),
        {"application/merge-patch+json": {}},
        "updateImageJobStatus body application/json: is not accepted any more",
    ),
    ((*FORM, "required"), ["entityType", "entityId", "image", "name"], "body .: required"),
    (
        (*FORM, "properties", "entityId"),
        REMOVED,
        "createImageJob body .entityId: properties there -> gone: was removed",
    ),
    (
        (*SCHEMAS, "EntityType", "enum"),
        ["event", "report"],
        "createImageJob body .entityType: enum ['event', 'report', 'other'] -> ['event', 'report']: refuses",
    ),
    ((*SCHEMAS, "StatusUpdate", "additionalProperties"), False, "body .: additionalProperties True -> False: refuses"),
    ((*UPDATE, "attempt", "type"), "string", "body .attempt: type integer -> string: refuses what was accepted"),
    ((*UPDATE, "leaseSeconds", "minimum"), 5, "body .leaseSeconds: minimum 1 -> 5: refuses what was accepted"),
    ((*UPDATE, "outputImageKey", "maxLength"), 100, "body .outputImageKey: maxLength 1024 -> 100: refuses"),
    ((*UPDATE, "outputImageURL", "format"), "uri", "body .outputImageURL: format None -> uri: refuses"),
    (
        (*SCHEMAS, "StatusUpdate", "else", "then", "required"),
        ["attempt", "errorMsg"],
        "updateImageJobStatus body .allOf[1]: then",
    ),
    (
        (*SCHEMAS, "StatusUpdate", "else", "if", "properties", "status", "enum"),
        ["PENDING", "pending", "FAILED"],
        "updateImageJobStatus body .allOf[1]: if",
    ),
    (
        (*SCHEMAS, "StatusUpdate", "else", "if", "properties", "status", "enum"),
        ["PENDING", "pending", "COMPLETED"],
        "updateImageJobStatus body .: else",
    ),
    (
        (*SCHEMAS, "ErrorCode", "pattern"),
        "^[a-z][a-z0-9_]{0,40}$",
        "updateImageJobStatus body .errorCode: pattern ^[a-z][a-z0-9_]{0,63}$ -> ^[a-z][a-z0-9_]{0,40}$: refuses",
    ),
    ((*SCHEMAS, "EventDate", "pattern"), "^([0-9]{4}-[0-9]{2}-[0-2][0-9])?$", "createEvent body .date: pattern"),
    ((*SCHEMAS, "OptionalText", "minLength"), 1, "updateEvent body .community: minLength None -> 1: refuses"),
    (
        (*SCHEMAS, "Rendition", "properties", "bytes", "format"),
        "int32",
        "body .renditions[].bytes: format int64 -> int32: refuses what was accepted",
    ),
    (
        (*UPDATE, "leaseSeconds", "format"),
        "int64",
        "body .leaseSeconds: format double -> int64: refuses what was accepted",
    ),
    ((*SCHEMAS, "StatusUpdate", "else"), REMOVED, "updateImageJobStatus body .: allOf"),
    ((*SCHEMAS, "StatusUpdate", "dependentRequired"), {"a": ["b"]}, "dependentRequired None -> {'a': ['b']}: cannot"),
    # What callers get.
    ((*STATUS, "patch", "responses", "409"), REMOVED, "updateImageJobStatus answer 409: was removed"),
    ((*JOB, "delete", "responses", "200"), REMOVED, "deleteImageJob answer 200: was removed"),
    ((*JOB, "delete", "responses", "202"), ANSWER, "deleteImageJob answer 202: a success that was never given"),
    ((*JOBS, "post", "responses", "201", "headers"), {}, "createImageJob answer 201 header Location: was removed"),
    (
        ("components", "headers", "RetryAfter", "required"),
        False,
        "createImageJob answer 503 header Retry-After: is no longer promised",
    ),
    (
        ("components", "headers", "RetryAfter", "schema", "type"),
        ["integer", "string"],
        "createImageJob answer 503 header Retry-After .: type integer -> ['integer', 'string']: gives what was never",
    ),
    (
        ("paths", "/metrics", "get", "responses", "200", "content"),
        {"application/json": {"schema": STRING}},
        "getMetrics answer 200 text/plain: is not given any more",
    ),
    (
        (*JOB_FIELDS, "fileSize"),
        REMOVED,
        "getImageJob answer 200 .data.fileSize: properties there -> gone: was removed",
    ),
    ((*SCHEMAS, "ImageJob", "required"), ["_id"], "getImageJob answer 200 .data: required"),
    (
        (*JOB_FIELDS, "fileSize", "type"),
        ["integer", "null"],
        "answer 200 .data.fileSize: type integer -> ['integer', 'null']",
    ),
    (
        (*JOB_FIELDS, "fileSize", "minimum"),
        REMOVED,
        "answer 200 .data.fileSize: minimum 0 -> None: gives what was never",
    ),
    (
        (*SCHEMAS, "JobStatus", "enum"),
        ["PENDING", "PROCESSING", "COMPLETED", "FAILED", "SKIPPED"],
        "getImageJob answer 200 .data.status: enum",
    ),
    (
        (*SCHEMAS, "EventImage", "properties", "status"),
        {"enum": ["COMPLETED", "PENDING"]},
        "getEvent answer 200 .data.images[].status: enum ['COMPLETED'] -> ['COMPLETED', 'PENDING']",
    ),
    (
        (*SCHEMAS, "ErrorAnswer", "properties", "hint"),
        STRING,
        "getImageJob answer 404 .hint: properties ruled out -> there: gives what was never given",
    ),
    (
        (*SCHEMAS, "ErrorCode", "pattern"),
        "^[a-z][a-z0-9_-]{0,63}$",
        "getImageJob answer 404 .error.code: pattern ^[a-z][a-z0-9_]{0,63}$ -> ^[a-z][a-z0-9_-]{0,63}$: gives what",
    ),
    (
        (*SCHEMAS, "Timestamp", "pattern"),
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$",
        "getImageJob answer 200 .data.createdAt: pattern",
    ),
    (("components", "responses", "OtherError"), ANSWER, "getReadiness answer default .: type"),
    ((*READY, "get", "responses", "default"), REMOVED, "getReadiness answer default: was removed"),
    (
        (*SCHEMAS, "Stats", "properties", "byStatus", "additionalProperties"),
        True,
        "getImageJobStats answer 200 .data.byStatus: additionalProperties",
    ),
    # The rest of the document.
    (("servers", 0, "url"), "/v2", "document: cannot compare servers"),
    ((*JOB, "servers"), [{"url": "/v2"}], "/api/image-jobs/{id}: cannot compare servers"),
    ((*JOB, "get", "callbacks"), {"done": {}}, "getImageJob operation: cannot compare callbacks"),
]


@pytest.mark.parametrize(("place", "value", "told"), BREAKING, ids=[told for *_, told in BREAKING])
def test_a_breaking_change_is_told_with_its_place(place: Place, value: Any, told: str) -> None:
    changes = breaking_changes(DOCUMENT, with_change(DOCUMENT, place, value))
    assert [change for change in changes if told in change], changes


ALLOWED: list[tuple[str, Place, Any]] = [
    ("a new operation", ("paths", "/api/new"), {"get": {"operationId": "getNew", "responses": {}}}),
    ("a new error", (*STATS, "get", "responses", "429"), ANSWER),
    ("a new optional parameter", (*STATS, "get", "parameters"), [NEW_PARAMETER]),
    ("a new optional field of a request", (*UPDATE, "note"), STRING),
    ("a new optional field of a closed request", (*FORM, "properties", "note"), STRING),
    ("a new optional field of an answer", (*JOB_FIELDS, "blurHash"), STRING),
    (
        "a new promise",
        (*SCHEMAS, "ImageJob", "required"),
        [*DOCUMENT["components"]["schemas"]["ImageJob"]["properties"]],
    ),
    ("a closed answer", (*SCHEMAS, "ImageJob", "additionalProperties"), False),
    ("an open request", (*FORM, "additionalProperties"), True),
    ("a request that asks for less", (*FORM, "required"), ["image"]),
    ("a wider limit", (*UPDATE, "outputImageKey", "maxLength"), 4096),
    ("a limit that is gone", (*UPDATE, "outputImageKey", "maxLength"), REMOVED),
    ("a wider type", (*UPDATE, "attempt", "type"), ["number", "null"]),
    ("a narrower answer", (*SCHEMAS, "EventImage", "properties", "width", "minimum"), 8),
    ("enum values in another order", (*SCHEMAS, "EntityType", "enum"), ["other", "report", "event"]),
    ("an enum in place of a const", (*SCHEMAS, "EventImage", "properties", "status"), {"enum": ["COMPLETED"]}),
    ("an operation that is open now", (*JOBS, "get", "security"), []),
    ("another way to be known", (*JOBS, "get", "security"), [{"bearerAuth": []}, {"workerToken": []}]),
    ("a new header", ("components", "responses", "NotFound", "headers"), {"X-Trace": {"schema": STRING}}),
    ("other words", (*JOB, "get", "summary"), "A job"),
    ("other examples", (*SCHEMAS, "EntityId", "examples"), ["42"]),
    ("other codes", (*SCHEMAS, "ErrorCode", "examples"), ["animated"]),
    ("other links", (*JOBS, "post", "responses", "201", "links"), {}),
    ("a new version", ("info", "version"), "0.2.0"),
]


@pytest.mark.parametrize(("place", "value"), [each[1:] for each in ALLOWED], ids=[each[0] for each in ALLOWED])
def test_a_change_that_breaks_nobody_is_not_told(place: Place, value: Any) -> None:
    assert breaking_changes(DOCUMENT, with_change(DOCUMENT, place, value)) == []


@pytest.mark.parametrize(
    ("old", "new", "accepted", "given"),
    [
        (True, STRING, [".: schema True -> {'type': 'string'}: refuses what was accepted"], []),
        (STRING, True, [], [".: schema {'type': 'string'} -> True: gives what was never given"]),
        (
            {"const": True},
            {"const": 1},
            ["enum [True] -> [1]: refuses", "type"],
            ["enum [True] -> [1]: gives", "type"],
        ),
        ({"const": True}, {"type": "boolean", "not": {"const": False}}, [], []),
        (
            {"const": True},
            {"type": "boolean", "not": {"const": True}},
            ["enum [True] -> [False]: refuses"],
            ["enum [True] -> [False]: gives"],
        ),
        ({"uniqueItems": True}, {}, [], ["uniqueItems True -> None: gives"]),
        ({}, {"uniqueItems": True}, ["uniqueItems None -> True: refuses"], []),
        ({"items": STRING}, {}, [], ["[]: schema"]),
        ({"anyOf": [STRING]}, {"anyOf": [{"type": "null"}]}, [".anyOf[0]: type"], [".anyOf[0]: type"]),
        (STRING, {"anyOf": [{"type": "null"}, STRING]}, [], [".: anyOf", ".: type"]),
        ({"anyOf": [STRING]}, {"anyOf": [{"type": "null"}, STRING]}, [], [".: anyOf"]),
        (STRING, {"anyOf": [STRING | {"maxLength": 9}, STRING | {"minLength": 11}]}, [".: anyOf"], []),
        (STRING, {"anyOf": [STRING | {"maxLength": 9}, STRING | {"minLength": 9}]}, [], []),
        # The same schema in other words, and nearly the same schema.
        (ANY_OF_TEXTS, STRING | {"pattern": "^([a-c]{1,3}|[0-9]{4})?$"}, [], []),
        (ANY_OF_TEXTS, STRING | {"pattern": "^([a-c]{1,3}|[0-9]{4})$"}, [".: anyOf", ".: pattern", ".: type"], []),
        (ANY_OF_TEXTS, STRING | {"pattern": "^([a-c]{1,2}|[0-9]{4})?$"}, [".: anyOf", ".: pattern", ".: type"], []),
        (ANY_OF_TEXTS, STRING | {"pattern": "^([a-d]{1,3}|[0-9]{4})?$"}, [], [".: anyOf"]),
        (ANY_OF_TEXTS, {"pattern": "^([a-c]{1,3}|[0-9]{4})?$"}, [".: anyOf", ".: pattern"], [".: anyOf"]),
        (
            {"anyOf": [STRING | {"format": "date"}]},
            STRING | {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
            [],
            [".: anyOf"],
        ),
        (
            {"anyOf": [STRING | {"format": "date"}]},
            STRING | {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|30)$"},
            [".: anyOf", ".: pattern", ".: type"],
            [".: anyOf"],
        ),
        ({"const": "a"}, {"type": "string", "const": "a"}, [], []),
        ({"const": True}, {"type": "boolean", "const": True}, [], []),
        ({"type": "boolean", "not": {"const": False}}, {"type": "boolean", "const": True}, [], []),
        ({"type": "boolean", "not": {"const": "x"}}, {"const": False}, ["enum", "not"], ["not"]),
        ({"const": True}, {"type": "string", "const": True}, ["type"], ["type"]),
        (INTEGER | {"minimum": 0, "maximum": 9}, INTEGER | {"minimum": 0, "maximum": 9, "format": "int32"}, [], []),
        (INTEGER | {"maximum": 9}, INTEGER | {"maximum": 9, "format": "int64"}, ["format None -> int64: refuses"], []),
        (
            {"type": "number", "minimum": 0, "maximum": 9},
            {"type": "number", "minimum": 0, "maximum": 9, "format": "int32"},
            ["format None -> int32: refuses"],
            [],
        ),
        (
            {"additionalProperties": INTEGER},
            {"properties": {"a": INTEGER}, "additionalProperties": INTEGER},
            [],
            [],
        ),
        (
            {"additionalProperties": INTEGER},
            {"properties": {"a": STRING}, "additionalProperties": INTEGER},
            [],
            [".a: type integer -> string: gives"],
        ),
        ({"allOf": [ONE, TWO]}, ONE | {"else": TWO}, [], []),
        ({"allOf": [ONE, TWO]}, ONE | {"else": ONE}, *[[".: allOf", ".: else", ".: if", ".: then"]] * 2),
        ({"multipleOf": 4}, {"multipleOf": 2}, ["multipleOf 4 -> 2: cannot"], ["multipleOf 4 -> 2: cannot"]),
        ({"not": STRING}, {"not": STRING | {"description": "x"}}, [], []),
    ],
)
def test_a_schema_is_judged_from_both_sides(old: Any, new: Any, accepted: list[str], given: list[str]) -> None:
    for side, expected in ((Side.ACCEPTED, accepted), (Side.GIVEN, given)):
        changes = schema_changes(old, new, side)
        assert len(changes) == len(expected), changes
        assert all(told in change for told, change in zip(expected, changes, strict=True)), changes


@pytest.mark.parametrize("side", Side)
def test_another_message_is_noticed(side: Side) -> None:
    place = ("properties", "payload", "properties", "imageJobID", "pattern")
    assert schema_changes(MESSAGE, with_change(MESSAGE, place, "^[0-9a-f]{32}$"), side)


def test_a_new_default_answer_has_the_form_of_the_errors_that_were_given() -> None:
    old = with_change(DOCUMENT, (*READY, "get", "responses", "default"), REMOVED)
    assert breaking_changes(old, DOCUMENT) == []
    other = with_change(DOCUMENT, (*READY, "get", "responses", "default"), ANSWER)
    assert breaking_changes(old, other) == [
        "getReadiness answer default: not of the form of the errors that were given"
    ]


def test_extensions_are_for_tools() -> None:
    changed = with_change(DOCUMENT, (*SCHEMAS, "ReportedStatus", "x-enum-varnames"), REMOVED)
    assert breaking_changes(DOCUMENT, with_change(changed, (*READY, "get", "x-note"), "for tools")) == []


def test_a_schema_that_holds_itself_cannot_be_compared() -> None:
    tree = with_change(DOCUMENT, (*JOB_FIELDS, "parent"), {"$ref": "#/components/schemas/ImageJob"})
    with pytest.raises(ValueError, match="cannot compare #/components/schemas/ImageJob: the schema is recursive"):
        breaking_changes(DOCUMENT, tree)
