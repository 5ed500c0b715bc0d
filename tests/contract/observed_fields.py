"""Finds which of a contract's documented fields a response contains."""

from collections.abc import Iterator, Mapping
from typing import Any

from contract.document import Document, contents, resolved, specs
from imagejobs.contract.operations import JSON

EVERYTHING: Any = object()
"""Stands for a response with every field."""


def documented_fields(document: Document) -> set[str]:
    """All fields of all JSON responses: `ImageJob.fileSize`, or `listEvents 200.cursor` for a schema without a name."""
    answers = ((spec.id, status) for spec in specs(document) for status in spec.written["responses"])
    return {field for operation, status in answers for field in fields(document, operation, status, EVERYTHING)}


def fields(document: Document, operation: str, status: str, value: Any) -> Iterator[str]:
    """The documented fields that a response has."""
    spec = next(each for each in specs(document) if each.id == operation)
    for where, content_type, media in contents(document, spec):
        if where == status and content_type == JSON:
            yield from _fields(document, media["schema"], f"{operation} {status}", value)


def _fields(document: Document, schema: Mapping[str, Any], owner: str, value: Any) -> Iterator[str]:
    if "$ref" in schema:
        owner = schema["$ref"].rpartition("/")[2]
        schema = resolved(document, schema)
    for name, each in schema.get("properties", {}).items():
        for part in _parts(value, name):
            yield f"{owner}.{name}"
            yield from _fields(document, each, f"{owner}.{name}", part)
    for each in _entries(value) if "items" in schema else ():
        yield from _fields(document, schema["items"], owner, each)


def _parts(value: Any, name: str) -> list[Any]:
    if value is EVERYTHING:
        return [EVERYTHING]
    return [value[name]] if isinstance(value, dict) and name in value else []


def _entries(value: Any) -> list[Any]:
    if value is EVERYTHING:
        return [EVERYTHING]
    return value if isinstance(value, list) else []
