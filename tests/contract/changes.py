"""Finds the changes in a newer contract that break programs written for an older one.

Texts, examples, tags and links may change. A change that this comparison does not support is a "cannot compare".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from contract.document import Document, Spec, specs
from contract.schema_changes import CANNOT_COMPARE, Side, schema_changes
from imagejobs.contract.openapi import DEFAULT, METHODS

FOR_PEOPLE = frozenset({"summary", "description", "tags", "externalDocs", "deprecated", "links", "example", "examples"})
DOCUMENT_PARTS = frozenset({"info", "tags", "paths", "components", "security", "externalDocs", "openapi"})
ERRORS = ("4", "5")
COMPARED_OPERATION = frozenset({"operationId", "parameters", "requestBody", "responses", "security"})


def breaking_changes(old: Document, new: Document) -> list[str]:
    """The breaking changes, each as `operation, where in it: what`, in the order of the old document."""
    old, new = inlined(old, old), inlined(new, new)
    now = {(spec.method, spec.path): spec for spec in specs(new)}
    found = [*_others(old, new, DOCUMENT_PARTS, "document"), *_schemes(old, new)]
    for spec in specs(old):
        successor = now.get((spec.method, spec.path))
        changes = ["the operation was removed"] if successor is None else _operation(spec, successor, old, new)
        found += [f"{spec.id} {each}" for each in changes]
    for path in old["paths"].keys() & new["paths"].keys():
        found += _others(old["paths"][path], new["paths"][path], frozenset({*METHODS, "parameters"}), path)
    return found


def inlined(node: Any, document: Document) -> Any:
    """A copy in which each `$ref` is replaced by its target. Raises ValueError for a recursive schema."""
    return _inlined(node, document, (), {})


def _inlined(node: Any, document: Document, within: tuple[str, ...], targets: dict[str, Any]) -> Any:
    """As `inlined`. `targets` has the targets that were inlined before: a schema is referred to many times."""
    if isinstance(node, list):
        return [_inlined(each, document, within, targets) for each in node]
    if not isinstance(node, dict):
        return node
    ref = node.get("$ref")
    if not isinstance(ref, str):
        return {name: _inlined(each, document, within, targets) for name, each in node.items()}
    if ref in within:
        raise ValueError(f"{CANNOT_COMPARE} {ref}: the schema is recursive")
    if ref not in targets:
        target: Any = document
        for part in ref.removeprefix("#/").split("/"):
            target = target[part]
        targets[ref] = _inlined(target, document, (*within, ref), targets)
    beside = {name: each for name, each in node.items() if name != "$ref"}
    return targets[ref] | _inlined(beside, document, within, targets) if beside else targets[ref]


def _operation(old: Spec, new: Spec, old_document: Document, new_document: Document) -> Iterator[str]:
    if old.id != new.id:
        yield f"operationId: is {new.id} now"
    yield from _security(_alternatives(old, old_document), _alternatives(new, new_document))
    yield from _parameters(_by_name(old), _by_name(new))
    yield from _body(old.written.get("requestBody"), new.written.get("requestBody"))
    yield from _responses(old.written["responses"], new.written["responses"])
    yield from _others(old.written, new.written, COMPARED_OPERATION, "operation")


def _others(old: Any, new: Any, compared: frozenset[str], where: str) -> Iterator[str]:
    """The changed fields that are neither compared elsewhere nor for people only."""
    for name in sorted((old.keys() | new.keys()) - compared - FOR_PEOPLE):
        if old.get(name) != new.get(name) and not name.startswith("x-"):
            yield f"{where}: {CANNOT_COMPARE} {name}: {old.get(name)} -> {new.get(name)}"


def _schemes(old: Document, new: Document) -> Iterator[str]:
    now = new.get("components", {}).get("securitySchemes", {})
    for name, scheme in old.get("components", {}).get("securitySchemes", {}).items():
        if name not in now:
            yield f"security scheme {name}: was removed"
        else:
            yield from _others(scheme, now[name], frozenset(), f"security scheme {name}")


def _alternatives(spec: Spec, document: Document) -> list[frozenset[str]]:
    return [frozenset(each) for each in spec.written.get("security", document.get("security", ()))]


def _security(old: list[frozenset[str]], new: list[frozenset[str]]) -> Iterator[str]:
    """Credentials that were sufficient must still be sufficient; an empty list requires none."""
    for enough in old or [frozenset()]:
        if not any(asked <= enough for asked in new or [frozenset()]):
            yield f"security: {' and '.join(sorted(enough)) or 'no token'} is no longer sufficient"


def _by_name(spec: Spec) -> dict[str, Mapping[str, Any]]:
    return {f"{each['in']} parameter {each['name']}": each for each in spec.parameters}


def _parameters(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for where, parameter in new.items():
        if where not in old and parameter.get("required"):
            yield f"{where}: is new and required"
    for where, parameter in old.items():
        if where not in new:
            yield f"{where}: was removed"
            continue
        if new[where].get("required") and not parameter.get("required"):
            yield f"{where}: is required now"
        yield from _schema(parameter, new[where], where, Side.ACCEPTED)
        yield from _others(parameter, new[where], frozenset({"name", "in", "required", "schema"}), where)


def _body(old: Any, new: Any) -> Iterator[str]:
    if old is None or new is None:
        if old is not None:
            yield "body: was removed"
        elif new is not None and new.get("required"):
            yield "body: is new and required"
        return
    if new.get("required") and not old.get("required"):
        yield "body: is required now"
    for content_type in old["content"].keys() - new["content"].keys():
        yield f"body {content_type}: is not accepted any more"
    yield from _media(old, new, "body", Side.ACCEPTED)
    yield from _others(old, new, frozenset({"required", "content"}), "body")


def _responses(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    errors = [answer["content"] for status, answer in old.items() if status.startswith(ERRORS) and "content" in answer]
    for status in new.keys() - old.keys():
        if status == DEFAULT and not any(_is_borne(new[status], content) for content in errors):
            yield f"answer {status}: not of the form of the errors that were given"
        elif status != DEFAULT and not status.startswith(ERRORS):
            yield f"answer {status}: a success that was never given"
    for status, answer in old.items():
        where = f"answer {status}"
        if status not in new:
            yield f"{where}: was removed"
            continue
        yield from _headers(answer.get("headers", {}), new[status].get("headers", {}), where)
        yield from _content_types(answer.get("content", {}), new[status].get("content", {}), where)
        yield from _media(answer, new[status], where, Side.GIVEN)
        yield from _others(answer, new[status], frozenset({"headers", "content"}), where)


def _is_borne(answer: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether a client that accepts the old content accepts the new response."""
    old, new = {"content": content}, {"content": answer.get("content", {})}
    return not [*_content_types(content, new["content"], ""), *_media(old, new, "", Side.GIVEN)]


def _headers(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, header in old.items():
        if name not in new:
            yield f"{where} header {name}: was removed"
            continue
        if header.get("required") and not new[name].get("required"):
            yield f"{where} header {name}: is no longer promised"
        yield from _schema(header, new[name], f"{where} header {name}", Side.GIVEN)
        yield from _others(header, new[name], frozenset({"required", "schema"}), f"{where} header {name}")


def _content_types(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from (f"{where} {each}: is not given any more" for each in sorted(old.keys() - new.keys()))
    yield from (f"{where} {each}: was never given" for each in sorted(new.keys() - old.keys()))


def _media(old: Any, new: Any, where: str, side: Side) -> Iterator[str]:
    """Compare the content types that both have."""
    for content_type, media in old.get("content", {}).items():
        if successor := new.get("content", {}).get(content_type):
            yield from _schema(media, successor, where, side)
            yield from _others(media, successor, frozenset({"schema"}), where)


def _schema(old: Any, new: Any, where: str, side: Side) -> Iterator[str]:
    for change in schema_changes(old.get("schema", True), new.get("schema", True), side):
        yield f"{where} {change}"
