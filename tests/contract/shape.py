"""Rules for objects and schema keywords of a contract: they exist, fit, and mean the same to every tool.

Each rule takes the whole document and yields one sentence for each place that breaks it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs
from contract.document import Document, resolved, specs
from contract.openapi_kinds import KINDS, REFERENCE, found

KEYWORDS_OF: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"}),
    "array": frozenset({"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset(
        {"properties", "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties"}
    ),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}
FORMATS_OF: Mapping[str, frozenset[str]] = {
    "string": frozenset({"date-time", "binary"}),
    "integer": frozenset({"int32", "int64"}),
    "number": frozenset({"double"}),
}
"""The formats that this contract may use. Validators do not agree about other formats."""

INT32 = 2**31 - 1
BRANCHES = ("allOf", "anyOf", "oneOf")
CONDITIONAL = ("if", "then", "else")


def every_field_is_known(document: Document) -> Iterator[str]:
    """Every field exists in OpenAPI 3.1 or JSON Schema 2020-12. A comma outside quotes can create one that does not."""
    for kind, where, node in found(document):
        if isinstance(node, bool) and kind == "schema":
            continue
        if not isinstance(node, Mapping):
            yield f"{where}: is not a {kind} object"
            continue
        known = REFERENCE if "$ref" in node and kind != "schema" else KINDS[kind].keys()
        yield from (
            f"{where}: a {kind} object has no field {name!r}"
            for name in node
            if name not in known and not str(name).startswith("x-") and kind != "callback"
        )


def every_schema_keeps_its_metaschema(document: Document) -> Iterator[str]:
    """Every keyword has a value of the right type, and every pattern can be compiled."""
    for where, node in _schemas(document):
        own = {name: each for name, each in node.items() if KINDS["schema"].get(name) == "" and name != "$ref"}
        try:
            jsonschema_rs.Draft202012Validator(own)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            yield f"{where}: {str(error).splitlines()[0]}"


def every_keyword_fits_its_type(document: Document) -> Iterator[str]:
    """Every keyword and format fits the schema's type: no `maxLength` of a number, no `minimum` of a string."""
    for where, node in _schemas(document):
        types = _types(node)
        if not types:
            continue
        for of, keywords in KEYWORDS_OF.items():
            if of not in types and not (of == "number" and "integer" in types):
                yield from (f"{where}: {name} has no effect on {sorted(types)}" for name in node if name in keywords)
        if "format" in node and not any(node["format"] in FORMATS_OF.get(each, ()) for each in types):
            yield f"{where}: format {node['format']} is not one of {sorted(types)}"


def every_value_has_a_type(document: Document) -> Iterator[str]:
    """`const` and `enum` have a `type`, which generators need; not under `not`, from which they generate nothing."""
    for where, node in _schemas(document):
        for keyword in sorted({"const", "enum"} & node.keys()):
            if "type" not in node and not where.endswith("/not"):
                yield f"{where}: {keyword} without type"


def every_large_integer_says_its_size(document: Document) -> Iterator[str]:
    """An integer beyond 32 bits has the format int64, and a maximum that a double represents exactly."""
    for where, node in _schemas(document):
        if node.get("type") == "integer" and node.get("maximum", 0) > INT32 and node.get("format") != "int64":
            yield f"{where}: may be above {INT32} without format int64"
        if node.get("format") == "int64" and not node.get("maximum", 2**63) < 2**53:
            yield f"{where}: int64 without a maximum that a double holds exactly"


def every_required_field_is_defined(document: Document) -> Iterator[str]:
    """Every required field is among the schema's properties, or among those of the schema that a branch belongs to."""
    schemas = dict(_schemas(document))
    for where, node in schemas.items():
        defined, owner = set(node.get("properties", {})), where
        while owner.rpartition("/")[2] in CONDITIONAL or owner.split("/")[-2] in BRANCHES:
            owner = owner.rpartition("/")[0]
            defined |= set(schemas.get(owner, {}).get("properties", {}))
        missing = sorted(set(node.get("required", ())) - defined)
        yield from (f"{where}: required {name} is not defined" for name in missing)


def no_text_is_a_choice_of_texts(document: Document) -> Iterator[str]:
    """No `anyOf` or `oneOf` has only strings: one `type: string` with a pattern means the same to every generator."""
    for where, node in _schemas(document):
        for keyword in ("anyOf", "oneOf"):
            branches = [resolved(document, each) for each in node.get(keyword, ())]
            if branches and all(_types(each) == {"string"} for each in branches):
                yield f"{where}: {keyword} of texts"


def no_names_differ_by_case_only(document: Document) -> Iterator[str]:
    """No two properties, components or enum values differ by case only; x-enum-varnames may tell enum values apart."""
    for where, node in _schemas(document):
        values = node.get("enum", ())
        names = node.get("x-enum-varnames", values)
        if len(names) != len(values):
            yield f"{where}: x-enum-varnames must have one name for each value"
        if not _is_condition(where):
            yield from (f"{where}: {each} differ by case only" for each in _alike(names))
        yield from (f"{where}: {each} differ by case only" for each in _alike(node.get("properties", ())))
    for kind, components in document.get("components", {}).items():
        yield from (f"#/components/{kind}: {each} differ by case only" for each in _alike(components))


def _alike(names: Iterable[Any]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for each in names:
        groups.setdefault(str(each).lower(), []).append(str(each))
    return [group for group in groups.values() if len(group) > 1]


def _is_condition(where: str) -> bool:
    return bool(set(CONDITIONAL) & set(where.split("/")))


def every_object_schema_has_a_name(document: Document) -> Iterator[str]:
    """Every object with properties is a named component: generators invent names for inline objects."""
    for where, node in _schemas(document):
        is_named = where.rpartition("/")[0] == "#/components/schemas"
        if node.get("type") == "object" and "properties" in node and not is_named and not _is_condition(where):
            yield f"{where}: an inline object"


def every_link_is_made_of_expressions(document: Document) -> Iterator[str]:
    """Links have only expressions: tools would send a literal as it is, and few generators support a `requestBody`."""
    for kind, where, node in found(document):
        if kind == "link" and isinstance(node, Mapping) and "$ref" not in node:
            literal = [name for name, each in node.get("parameters", {}).items() if not str(each).startswith("$")]
            yield from (f"{where}: {name} is a literal" for name in literal)
            if "requestBody" in node:
                yield f"{where}: has a requestBody"


def every_operation_has_a_default_error(document: Document) -> Iterator[str]:
    """Every operation has a response `default`, which describes errors with other statuses."""
    yield from (
        f"{spec.id}: no default answer" for spec in specs(document) if "default" not in spec.written["responses"]
    )


def _schemas(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from (
        (where, node) for kind, where, node in found(document) if kind == "schema" and isinstance(node, Mapping)
    )


def _types(schema: Any) -> set[str]:
    written = schema.get("type", []) if isinstance(schema, Mapping) else []
    return {written} if isinstance(written, str) else set(written)


SHAPE_RULES = (
    every_field_is_known,
    every_schema_keeps_its_metaschema,
    every_keyword_fits_its_type,
    every_value_has_a_type,
    every_large_integer_says_its_size,
    every_required_field_is_defined,
    no_text_is_a_choice_of_texts,
    no_names_differ_by_case_only,
    every_object_schema_has_a_name,
    every_link_is_made_of_expressions,
    every_operation_has_a_default_error,
)
