from typing import Any

import pytest
from imagejobs.contract.openapi import Contract, load_contract

CONTRACT = load_contract()
OBJECT_ID = {"type": "string", "pattern": "^[0-9a-f]{24}$"}


def contract_of(operation: dict[str, Any], **item: Any) -> Contract:
    """A contract with one operation, `GET /x`."""
    paths = {"/x": {"get": {"operationId": "getX", "responses": {}} | operation, **item}}
    return Contract({"paths": paths, "components": {"schemas": {"ObjectId": OBJECT_ID}}})


def test_the_written_contract_has_these_operations() -> None:
    operations = Contract(CONTRACT.document).operations
    assert {f"{each.method} {each.path}": each.id for each in operations.values()} == {
        "POST /api/image-jobs": "createImageJob",
        "GET /api/image-jobs": "listImageJobs",
        "GET /api/image-jobs/stats": "getImageJobStats",
        "GET /api/image-jobs/{id}": "getImageJob",
        "DELETE /api/image-jobs/{id}": "deleteImageJob",
        "PATCH /api/image-jobs/{id}/status": "updateImageJobStatus",
        "POST /api/image-jobs/{id}/retry": "retryImageJob",
        "POST /api/events": "createEvent",
        "GET /api/events": "listEvents",
        "GET /api/events/{id}": "getEvent",
        "PUT /api/events/{id}": "updateEvent",
        "DELETE /api/events/{id}": "deleteEvent",
        "GET /healthz": "getHealth",
        "GET /readyz": "getReadiness",
        "GET /metrics": "getMetrics",
        "GET /openapi.json": "getContract",
        "GET /docs": "getDocs",
    }


def test_it_is_read_once_per_process() -> None:
    assert load_contract() is CONTRACT


def test_no_security_of_its_own_opens_an_operation_of_a_guarded_document() -> None:
    open_one = {"get": {"operationId": "x", "responses": {}, "security": []}}
    document = {"paths": {"/x": open_one}, "components": {}, "security": [{"a": []}]}
    assert Contract(document).operations["x"].security == []


def test_security_is_the_operations_own_or_the_documents() -> None:
    assert CONTRACT.operations["getImageJob"].security == [frozenset({"bearerAuth"}), frozenset({"workerToken"})]
    assert CONTRACT.operations["getEvent"].security == []
    document = {"paths": {"/x": {"get": {"operationId": "x", "responses": {}}}}, "components": {}}
    assert Contract(document | {"security": [{"a": [], "b": []}]}).operations["x"].security == [frozenset({"a", "b"})]


def test_parameters_come_from_path_and_operation_with_defaults_and_references() -> None:
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 50}}
    item = [{"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/ObjectId"}}]
    parameters = contract_of({"parameters": [limit]}, parameters=item).operations["getX"].parameters
    assert [(each.name, each.location, each.required, each.is_integer, each.default) for each in parameters] == [
        ("id", "path", True, False, None),
        ("limit", "query", False, True, 50),
    ]
    assert parameters[0].schema.violations("x" * 24, "id")[0].field == "id"


def test_form_fields_know_whether_they_are_files_and_lists() -> None:
    operations = Contract(CONTRACT.document).operations
    body = operations["createEvent"].body
    assert body
    assert body.content_type == "multipart/form-data"
    assert body.schema.violations({"name": "x" * 201})[0].field == "name"
    assert {name: (field.is_file, field.is_array) for name, field in body.fields.items()} == {
        "name": (False, False),
        "community": (False, False),
        "date": (False, False),
        "tutor[type]": (False, False),
        "tutor[name]": (False, False),
        "images": (True, True),
    }
    single = operations["createImageJob"].body
    assert single
    assert single.fields["image"].is_file
    assert not single.fields["image"].is_array


def test_a_json_body_has_a_schema_and_no_form_fields() -> None:
    body = Contract(CONTRACT.document).operations["updateImageJobStatus"].body
    assert body
    assert (body.content_type, body.fields) == ("application/json", {})
    assert [each.field for each in body.schema.violations({"status": "DONE"})] == ["status"]
    assert Contract(CONTRACT.document).operations["getImageJob"].body is None


def test_only_multipart_bodies_have_form_fields() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    body = contract_of({"requestBody": {"content": {"application/json": {"schema": schema}}}}).operations["getX"].body
    assert body
    assert body.fields == {}


def test_a_header_that_is_not_required_may_be_missing() -> None:
    optional = {"schema": {"type": "integer"}}
    content = {"application/json": {"schema": {"type": "object"}}}
    answers = {"200": {"headers": {"X-Left": optional}, "content": content}, "204": {}}
    operation = contract_of({"responses": answers}).operations["getX"]
    assert operation.response_violations(200, "application/json", {}, {}) == []
    assert [each.field for each in operation.response_violations(200, "application/json", {"x-left": "few"}, {})] == [
        "x-left"
    ]
    assert operation.responses[204].content == {}


ANSWER = {
    "200": {
        "headers": {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}},
        "content": {"application/json": {"schema": {"type": "object", "required": ["id"]}}},
    }
}


@pytest.mark.parametrize(
    ("status", "content_type", "headers", "body", "fields"),
    [
        (200, "application/json", {"retry-after": "5"}, {"id": 1}, []),
        (200, "application/json; charset=utf-8", {"retry-after": "5"}, {"id": 1}, []),
        (201, "application/json", {"retry-after": "5"}, {"id": 1}, ["status"]),
        (200, "text/plain", {"retry-after": "5"}, "id", ["content-type"]),
        (200, "", {"retry-after": "5"}, None, ["content-type"]),
        (200, "application/json", {}, {"id": 1}, ["retry-after"]),
        (200, "application/json", {"retry-after": "0"}, {"id": 1}, ["retry-after"]),
        (200, "application/json", {"retry-after": "soon"}, {"id": 1}, ["retry-after"]),
        (200, "application/json", {"retry-after": "5"}, {}, ["id"]),
        (200, "application/json", {}, {}, ["retry-after", "id"]),
    ],
)
def test_an_answer_is_held_against_status_content_type_headers_and_schema(
    status: int, content_type: str, headers: dict[str, str], body: Any, fields: list[str]
) -> None:
    operation = contract_of({"responses": ANSWER}).operations["getX"]
    found = operation.response_violations(status, content_type, headers, body)
    assert all(each.message for each in found)
    assert [each.field for each in found] == fields


@pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=CONTRACT.operations)
def test_what_an_operation_takes_and_needs_decides_which_errors_it_documents(operation: Any) -> None:
    assert (401 in operation.responses) == bool(operation.security)
    assert 503 in operation.responses
    assert (500 in operation.responses) == (operation.method in {"POST", "PUT"})
    assert operation.other_error
    assert (404 in operation.responses) == ("{id}" in operation.path)
    assert (415 in operation.responses) == (operation.body is not None)
