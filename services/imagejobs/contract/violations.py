"""Checks data against a JSON Schema and describes each violation for the sender."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

MAX_VIOLATIONS = 10
MAX_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach of the contract. `field` is a parameter, a form field, a path such as `output.bytes`, or "" for all."""

    field: str
    message: str

    def to_json(self) -> dict[str, str]:
        """The violation as an entry of `error.details`."""
        return {"field": self.field, "message": self.message} if self.field else {"message": self.message}


class Schema:
    """A compiled JSON Schema 2020-12 that checks formats too. Thread-safe."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, offline=True)

    def violations(self, instance: Any, field: str = "") -> list[Violation]:
        """The first MAX_VIOLATIONS violations; `field` is put before each path."""
        try:
            return self._found(instance, field)
        except (ValueError, TypeError, RecursionError) as error:
            # Python's json accepts what jsonschema-rs does not: halves of surrogate pairs, 1000 levels of nesting.
            return [Violation(field, f"not plain JSON: {error}")]

    def _found(self, instance: Any, field: str) -> list[Violation]:
        if self._validator.is_valid(instance):
            return []
        found: list[Violation] = []
        for error in self._validator.iter_errors(instance):
            found.append(self._violation(error, field))
            if len(found) == MAX_VIOLATIONS:
                break
        return found

    def _violation(self, error: jsonschema_rs.ValidationError, field: str) -> Violation:
        place = [field] if field else []
        place += [str(part) for part in error.instance_path]
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
            return Violation(".".join([*place, error.kind.property]), "is required")
        return Violation(".".join(place), self._message(error))

    def _message(self, error: jsonschema_rs.ValidationError) -> str:
        """The validator's message; for a pattern, the description that the schema has of it."""
        broken: Any = self._schema
        for part in error.schema_path[:-1]:
            broken = broken[part]
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Pattern) and "description" in broken:
            return f"{_shortened(json.dumps(error.instance))} does not match: {broken['description']}"
        return _shortened(error.message)


def _shortened(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else f"{message[: MAX_MESSAGE // 2]} … {message[-MAX_MESSAGE // 2 :]}"
