"""Rules for a contract that is not only valid, but complete and consistent.

Each rule takes the whole document and yields one sentence for each place that breaks it, with the operation's name.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contract.document import Document, Spec, contents, nodes, resolved, specs
from imagejobs.contract.openapi import Contract
from imagejobs.contract.operations import JSON, MULTIPART

Rule = Callable[[Document], Iterator[str]]

NEEDED_HEADERS: Mapping[str, str] = {"201": "Location", "401": "WWW-Authenticate", "503": "Retry-After"}
OWN_ANSWERS = frozenset({"409"})
"""Errors that do not follow from what an operation takes: a conflict comes from the records."""


def every_operation_says_what_it_is(document: Document) -> Iterator[str]:
    """Every operation has an operationId, a summary, tags with descriptions, and a list of who may call it."""
    described = {tag["name"] for tag in document.get("tags", ()) if tag.get("description")}
    schemes = document.get("components", {}).get("securitySchemes", {})
    for spec in specs(document):
        yield from (
            f"{spec.id}: no {name}" for name in ("operationId", "summary", "tags") if not spec.written.get(name)
        )
        yield from (
            f"{spec.id}: tag {tag} is not described" for tag in spec.written.get("tags", ()) if tag not in described
        )
        if "security" not in spec.written:
            yield f"{spec.id}: does not say who may call it; `security: []` is everybody"
        named = {scheme for alternative in spec.written.get("security", ()) for scheme in alternative}
        yield from (f"{spec.id}: unknown security scheme {name}" for name in sorted(named - schemes.keys()))


def the_errors_fit_the_operation(document: Document) -> Iterator[str]:
    """An operation documents exactly the errors that follow from its parameters, body and security."""
    for spec in specs(document):
        errors = {status for status in spec.written.get("responses", {}) if "400" <= status <= "599"}
        needed = _needed_errors(document, spec)
        yield from (f"{spec.id}: {status} is missing" for status in sorted(needed - errors))
        yield from (f"{spec.id}: {status} cannot happen" for status in sorted(errors - needed - OWN_ANSWERS))


def _needed_errors(document: Document, spec: Spec) -> set[str]:
    body = resolved(document, spec.written.get("requestBody", {})).get("content", {})
    conditions = {
        "400": bool(spec.parameters or body),
        "401": bool(spec.written.get("security")),
        "403": True,  # a server without tokens refuses requests from foreign pages
        "404": "{" in spec.path,
        "408": bool(body),
        "413": bool(body),
        "415": bool(body),
        "422": MULTIPART in body,
        "500": spec.method in {"post", "put"},  # a request that was cut off may have taken effect
        "503": True,  # at least while the server is stopping
    }
    return {status for status, needed in conditions.items() if needed}


def every_answer_is_described(document: Document) -> Iterator[str]:
    """Every response has a description, a schema and its status's headers; one is a success, errors share one form."""
    for spec in specs(document):
        answers = {status: resolved(document, each) for status, each in spec.written.get("responses", {}).items()}
        if sum(status.startswith("2") for status in answers) != 1:
            yield f"{spec.id}: documents {sorted(answers)}, not exactly one success"
        for status, answer in answers.items():
            if not answer.get("description"):
                yield f"{spec.id} {status}: no description"
            if not answer.get("content") or not all(media.get("schema") for media in answer["content"].values()):
                yield f"{spec.id} {status}: no schema"
            needed = NEEDED_HEADERS.get(status)
            if needed and not resolved(document, answer.get("headers", {}).get(needed, {})).get("required"):
                yield f"{spec.id} {status}: {needed} is not required"
            error = {JSON: {"$ref": "#/components/schemas/ErrorAnswer"}}
            if (
                status >= "400"
                and {name: media.get("schema") for name, media in answer.get("content", {}).items()} != error
            ):
                yield f"{spec.id} {status}: is not an ErrorAnswer"


def every_object_says_whether_it_is_closed(document: Document) -> Iterator[str]:
    """Every object sets `additionalProperties`, true or false: none is open by oversight."""
    for where, node in nodes(document):
        if node.get("type") == "object" and "additionalProperties" not in node:
            yield f"{where}: `additionalProperties` is missing"


def every_reference_leads_somewhere(document: Document) -> Iterator[str]:
    """The target of every `$ref` exists."""
    for where, ref in _references(document):
        try:
            resolved(document, {"$ref": ref})
        except (KeyError, TypeError):
            yield f"{where}: {ref} does not exist"


def every_component_is_used(document: Document) -> Iterator[str]:
    """Every component and every tag is used."""
    used = {ref for _, ref in _references(document)}
    used |= {
        f"#/components/securitySchemes/{name}"
        for spec in specs(document)
        for alternative in spec.written.get("security", ())
        for name in alternative
    }
    for kind, components in document.get("components", {}).items():
        for name in components:
            if f"#/components/{kind}/{name}" not in used:
                yield f"#/components/{kind}/{name}: is not used"
    tags = {tag for spec in specs(document) for tag in spec.written.get("tags", ())}
    yield from (f"tag {tag['name']}: is not used" for tag in document.get("tags", ()) if tag["name"] not in tags)


def _references(node: Any, where: str = "#") -> Iterator[tuple[str, str]]:
    """(JSON pointer, target) of each `$ref`, including those in examples."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield where, node["$ref"]
        for name, each in node.items():
            yield from _references(each, f"{where}/{name}")
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from _references(each, f"{where}/{index}")


def every_json_body_has_examples_that_follow_its_schema(document: Document) -> Iterator[str]:
    """Every JSON body of a request, a success or an error has examples, which match its schema."""
    contract = Contract({"paths": {}, "components": document.get("components", {})})
    for spec in specs(document):
        for where, content_type, media in contents(document, spec):
            if content_type == JSON and not media.get("examples"):
                yield f"{spec.id} {where}: no example"
            for name, example in media.get("examples", {}).items():
                for each in contract._schema(media["schema"]).violations(resolved(document, example)["value"]):
                    yield f"{spec.id} {where}: example {name}: {each.field}: {each.message}"


def every_id_in_a_path_is_a_parameter_with_an_example(document: Document) -> Iterator[str]:
    """Every id in a path has an example, with which people and generators can begin."""
    for spec in specs(document):
        described = {each["name"]: each for each in spec.parameters if each["in"] == "path"}
        for name in re.findall(r"{(\w+)}", spec.path):
            if "example" not in described.get(name, {}):
                yield f"{spec.id}: {name} has no example"


RULES: tuple[Rule, ...] = (
    every_operation_says_what_it_is,
    the_errors_fit_the_operation,
    every_answer_is_described,
    every_object_says_whether_it_is_closed,
    every_reference_leads_somewhere,
    every_component_is_used,
    every_json_body_has_examples_that_follow_its_schema,
    every_id_in_a_path_is_a_parameter_with_an_example,
)
