"""The samples that people copy: those of the contract, and those of the worker integration guide."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from imagejobs.contract.message_schema import message_violation
from imagejobs.contract.openapi import METHODS, Contract, load_contract
from imagejobs.contract.violations import Schema
from openapi_spec_validator import OpenAPIV31SpecValidator

CONTRACT = load_contract()
Place = tuple[str, Any, Any]


def media_examples() -> Iterator[Place]:
    """(where, schema, value) of each example beside a schema: in requests, answers and parameters."""
    for item in CONTRACT.document["paths"].values():
        for spec in (item[method] for method in METHODS if method in item):
            bodies = [spec["requestBody"]] if "requestBody" in spec else []
            for body in [*bodies, *(CONTRACT._resolved(each) for each in spec["responses"].values())]:
                for media in body.get("content", {}).values():
                    for name, example in media.get("examples", {}).items():
                        where = f"{spec['operationId']} {name}"
                        yield where, media["schema"], CONTRACT._resolved(example)["value"]
    for name, parameter in CONTRACT.document["components"]["parameters"].items():
        if "example" in parameter:
            yield f"parameter {name}", parameter["schema"], parameter["example"]


def schema_examples(node: Any, where: str = "") -> Iterator[Place]:
    """(where, schema, value) of each `examples` of a schema, wherever it stands in the document."""
    if isinstance(node, dict):
        for value in node["examples"] if isinstance(node.get("examples"), list) else ():
            yield where, node, value
        for name, each in node.items():
            yield from schema_examples(each, f"{where}/{name}")
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from schema_examples(each, f"{where}/{index}")


EXAMPLES = [*media_examples(), *schema_examples(CONTRACT.document)]


@pytest.mark.parametrize(("where", "schema", "value"), EXAMPLES, ids=[where for where, _, _ in EXAMPLES])
def test_every_example_of_the_contract_follows_its_schema(where: str, schema: Any, value: Any) -> None:
    assert CONTRACT._schema(schema).violations(value) == [], where


def test_no_example_was_overlooked() -> None:
    named = CONTRACT.document["components"]["examples"].keys()
    text = json.dumps(CONTRACT.document)
    assert all(f"#/components/examples/{name}" in text for name in named)
    assert len(EXAMPLES) > 20


def test_the_contract_is_a_valid_openapi_document() -> None:
    OpenAPIV31SpecValidator(CONTRACT.document).validate()


@pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=CONTRACT.operations)
def test_every_operation_documents_how_an_open_server_refuses_foreign_pages(operation: Any) -> None:
    assert 403 in operation.responses


def test_a_wrong_example_is_noticed() -> None:
    wrong = Contract({"paths": {}, "components": CONTRACT.document["components"]})
    assert wrong._schema({"$ref": "#/components/schemas/ObjectId"}).violations("655501d2")


# The guide's samples, as its readers send and expect them.
MESSAGE = """
{
  "task_type": "process_image",
  "payload": {
    "imageJobID": "655501d2f12a3d0f3c5a1002"
  }
}
"""
JOB_ANSWER = """
{
  "success": true,
  "data": {
    "_id": "655501d2f12a3d0f3c5a1002",
    "entityType": "event",
    "entityId": "655501d2f12a3d0f3c5a1001",
    "sourceImageURL": "https://pub-xxx.r2.dev/raw/1234567890-abc123def456.jpg",
    "sourceImageKey": "raw/1234567890-abc123def456.jpg",
    "status": "PENDING",
    "errorMsg": "",
    "originalFilename": "photo.jpg",
    "mimetype": "image/jpeg",
    "fileSize": 1234567,
    "createdAt": "2024-01-01T00:00:00.000Z",
    "updatedAt": "2024-01-01T00:00:00.000Z"
  }
}
"""
STATUS_UPDATES = [
    '{"status": "PROCESSING"}',
    """
    {
      "status": "COMPLETED",
      "outputImageURL": "https://pub-xxx.r2.dev/optimized/1234567890-abc123def456-optimized.webp",
      "outputImageKey": "optimized/1234567890-abc123def456-optimized.webp"
    }
    """,
    '{"status": "FAILED", "errorMsg": "Failed to process image: invalid format"}',
    '{"status": "processing"}',
    """
    {
      "status": "completed",
      "outputImageURL": "https://pub-xxx.r2.dev/processed/x.webp",
      "outputImageKey": "processed/x.webp"
    }
    """,
]
EVENT_FORM = {
    "name": "Test Event",
    "community": "Test Community",
    "date": "2024-01-01",
    "tutor[type]": "Internal",
    "tutor[name]": "John Doe",
    "images": [""],
}
EVENT_ANSWER = """
{
  "success": true,
  "data": {
    "_id": "...",
    "name": "Test Event",
    "images": [
      {
        "id": "IMAGE_JOB_ID",
        "url": "https://pub-xxx.r2.dev/optimized/test-optimized.webp",
        "status": "COMPLETED"
      }
    ]
  }
}
"""


def test_the_guides_message_follows_the_message_schema() -> None:
    assert message_violation(json.loads(MESSAGE)) is None


def test_the_guides_job_follows_the_contract() -> None:
    rule = CONTRACT.operations["getImageJob"].responses[200]
    assert rule.content["application/json"].violations(json.loads(JOB_ANSWER)) == []


@pytest.mark.parametrize("sample", STATUS_UPDATES)
def test_the_guides_status_updates_follow_the_contract(sample: str) -> None:
    assert body_schema("updateImageJobStatus").violations(json.loads(sample)) == []


def test_the_guides_event_form_follows_the_contract() -> None:
    assert body_schema("createEvent").violations(EVENT_FORM) == []


def test_the_guides_event_follows_the_contract_with_what_it_leaves_out() -> None:
    text = EVENT_ANSWER.replace("...", "655501d2f12a3d0f3c5a1001").replace("IMAGE_JOB_ID", "655501d2f12a3d0f3c5a1002")
    answer = json.loads(text)
    answer["data"] |= {
        "imageJobIds": [],
        "createdAt": "2024-01-01T00:00:00.000Z",
        "updatedAt": "2024-01-01T00:00:00.000Z",
    }
    rule = CONTRACT.operations["getEvent"].responses[200]
    assert rule.content["application/json"].violations(answer) == []


def body_schema(operation: str) -> Schema:
    body = CONTRACT.operations[operation].body
    assert body
    return body.schema
