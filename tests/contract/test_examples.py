"""The contract's examples follow its schemas. For the documents' samples see test_document_samples.py."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from imagejobs.contract.openapi import METHODS, Contract, load_contract
from openapi_spec_validator import OpenAPIV31SpecValidator

CONTRACT = load_contract()
Place = tuple[str, Any, Any]


def media_examples() -> Iterator[Place]:
    """(where, schema, value) of each example beside a schema, in requests, responses and parameters."""
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
    """(where, schema, value) of each entry of a schema's `examples`, anywhere in the document."""
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


# The guide's Go sample reports statuses in lower case; our documents do not repeat it.
@pytest.mark.parametrize(
    "sample",
    [
        '{"status": "processing"}',
        """
        {
          "status": "completed",
          "outputImageURL": "https://pub-xxx.r2.dev/processed/x.webp",
          "outputImageKey": "processed/x.webp"
        }
        """,
    ],
)
def test_the_go_samples_lower_case_updates_follow_the_contract(sample: str) -> None:
    body = CONTRACT.operations["updateImageJobStatus"].body
    assert body
    assert body.schema.violations(json.loads(sample)) == []
