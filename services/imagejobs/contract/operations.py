"""The operations of the contract, each with compiled validators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagejobs.contract.violations import Schema, Violation

JSON = "application/json"
MULTIPART = "multipart/form-data"
FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path, query or header parameter; `default` is the value if it is not sent.

    An `is_id` parameter has hexadecimal digits, whose case does not matter.
    """

    name: str
    location: str
    required: bool
    is_integer: bool
    is_id: bool
    default: Any
    schema: Schema


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a multipart form: a file or text, once or several times."""

    is_file: bool
    is_array: bool


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The body of an operation, which has one content type; `fields` is empty for JSON."""

    content_type: str
    schema: Schema
    fields: Mapping[str, FormField]


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """The content types and headers of the answers with one status; a header is (required, schema)."""

    content: Mapping[str, Schema]
    headers: Mapping[str, tuple[bool, Schema]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `security` lists alternatives; all schemes of one alternative must be satisfied.

    `other_error` is the contract's `default`, for errors whose status is not among `responses`.
    """

    id: str
    method: str
    path: str
    parameters: Sequence[Parameter]
    body: RequestBody | None
    responses: Mapping[int, ResponseRule]
    other_error: ResponseRule | None
    security: Sequence[frozenset[str]]

    def response_violations(
        self, status: int, content_type: str, headers: Mapping[str, str], body: Any
    ) -> list[Violation]:
        """The violations of an answer in status, content type, headers (with lower-case names) and body."""
        rule = self.responses.get(status) or (self.other_error if status >= FIRST_ERROR else None)
        if rule is None:
            return [Violation("status", f"{self.id} does not document {status}")]
        found = [
            each for name, (needed, schema) in rule.headers.items() for each in _header(name, needed, schema, headers)
        ]
        schema = rule.content.get(content_type.partition(";")[0].strip())
        if schema is None:
            return [*found, Violation("content-type", f"{self.id} {status} does not document {content_type!r}")]
        return [*found, *schema.violations(body)]


def _header(name: str, needed: bool, schema: Schema, headers: Mapping[str, str]) -> list[Violation]:
    value = headers.get(name)
    if value is None:
        return [Violation(name, "the header is missing")] if needed else []
    return schema.violations(int(value) if value.isdecimal() else value, name)
