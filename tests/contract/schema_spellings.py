"""Brings JSON Schemas with the same meaning to one spelling."""

import json
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any] | bool
ANYTHING: Schema = True

ANNOTATIONS = frozenset({"title", "description", "summary", "example", "examples", "deprecated", "$comment", "$schema"})
JSON_TYPES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}


def plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema in one spelling, without annotations and extensions.

    `const` becomes an `enum` of one value, an enum gets its values' `type`, and a chain of conditions that exclude each
    other becomes an `allOf`.
    """
    said = {name: each for name, each in schema.items() if name not in ANNOTATIONS and not name.startswith("x-")}
    if said.get("type") == "boolean" and _is_one_boolean(said.get("not")):
        said["enum"] = [not said.pop("not")["const"]]
    if "const" in said:
        said["enum"] = [said.pop("const")]
    if "enum" in said:
        types = {JSON_TYPES[type(each)] for each in said["enum"]}
        said["type"] = sorted(types) if types <= types_of(said.get("type", types)) else said["type"]
    if "else" in said and (steps := _steps(said)):
        said = {name: each for name, each in said.items() if name not in CONDITION}
        said["allOf"] = [*said.get("allOf", []), *steps]
    return said


def _is_one_boolean(schema: Any) -> bool:
    """Whether the schema accepts one boolean only: its negation is the other one."""
    return isinstance(schema, Mapping) and schema.keys() == {"const"} and isinstance(schema["const"], bool)


CONDITION = frozenset({"if", "then", "else"})


def _steps(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`if a then b else if c then d` as [if a then b, if c then d], or [] if a and c may both hold."""
    steps: list[Mapping[str, Any]] = []
    node: Any = schema
    while isinstance(node, Mapping) and "if" in node:
        steps.append({"if": node["if"], "then": node.get("then", ANYTHING)})
        node = node.get("else", ANYTHING)
        if not (node is ANYTHING or (isinstance(node, Mapping) and node.keys() <= CONDITION | ANNOTATIONS)):
            return []
    conditions = [each["if"] for each in steps]
    exclude = all(_exclude(one, other) for index, one in enumerate(conditions) for other in conditions[:index])
    return steps if exclude else []


def _exclude(one: Schema, other: Schema) -> bool:
    """Whether no object matches both schemas, because they require a field and allow no common value for it."""
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    for name in set(one.get("required", ())) & set(other.get("required", ())):
        these, those = (plain(each.get("properties", {}).get(name, {})).get("enum", [None]) for each in (one, other))
        if all(isinstance(each, str) for each in [*these, *those]) and not set(these) & set(those):
            return True
    return False


def types_of(value: Any) -> set[str]:
    """The types that a `type` allows; "number" includes "integer"."""
    types = {value} if isinstance(value, str) else set(value)
    return types | {"integer"} if "number" in types else types


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; in Python, True equals 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def bare(keyword: str, value: Any) -> Any:
    """A keyword's value, with every schema in it in one spelling."""
    if isinstance(value, Mapping) and keyword in OF_NAMED_SCHEMAS:
        return {name: bare("not", each) for name, each in value.items()}
    if isinstance(value, Mapping) and keyword in OF_A_SCHEMA:
        return {name: bare(name, each) for name, each in plain(value).items()}
    return [bare("not", each) for each in value] if isinstance(value, list) and keyword in OF_SCHEMAS else value


OF_A_SCHEMA = frozenset({"not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"})
OF_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
OF_NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "dependentSchemas"})
