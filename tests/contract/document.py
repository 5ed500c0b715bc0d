"""Reads an OpenAPI document as plain data: operations, references and schemas."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from imagejobs.contract.openapi import METHODS

Document = Mapping[str, Any]


class Spec(NamedTuple):
    """An operation of the document. `parameters` are those of the path and its own, with references resolved."""

    id: str
    method: str
    path: str
    written: Mapping[str, Any]
    parameters: list[Mapping[str, Any]]


def specs(document: Document) -> list[Spec]:
    """All operations. One without an operationId gets its method and path as id."""
    return [
        Spec(
            id=item[method].get("operationId", f"{method.upper()} {path}"),
            method=method,
            path=path,
            written=item[method],
            parameters=[
                resolved(document, each) for each in [*item.get("parameters", ()), *item[method].get("parameters", ())]
            ],
        )
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    ]


def resolved(document: Document, node: Any) -> Any:
    """The target of a node's `$ref`, or the node itself without one. Raises KeyError if the target does not exist."""
    while isinstance(node, Mapping) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def contents(document: Document, spec: Spec) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(where, content type, media type object) of an operation's contents; `where` is "body" or a response's status."""
    bodies = {"body": spec.written["requestBody"]} if "requestBody" in spec.written else {}
    for where, body in (bodies | dict(spec.written.get("responses", {}))).items():
        for content_type, media in resolved(document, body).get("content", {}).items():
            yield where, content_type, media


def nodes(node: Any, where: str = "#") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(JSON pointer, object) of each object of the document, except those in examples."""
    if isinstance(node, Mapping):
        yield where, node
        for name, each in node.items():
            if name not in {"example", "examples"}:
                yield from nodes(each, f"{where}/{name}")
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from nodes(each, f"{where}/{index}")


REMOVED = object()


def with_change(document: Document, place: tuple[str | int, ...], value: Any) -> Any:
    """A deep copy with `value` at `place`; REMOVED deletes the entry. Parts that were shared become separate."""
    copy = json.loads(json.dumps(document))
    node = copy
    for step in place[:-1]:
        node = node[step]
    if value is REMOVED:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return copy
