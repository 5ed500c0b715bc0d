"""`contracts/openapi.yaml` as data: operations by operationId, each with compiled validators."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from imagejobs.contract.files import contract_file
from imagejobs.contract.violations import Schema, Violation

METHODS = ("get", "put", "post", "delete", "patch")
JSON = "application/json"
MULTIPART = "multipart/form-data"
OBJECT_ID = "#/components/schemas/ObjectId"
DEFAULT = "default"
FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path, query or header parameter; `default` is what an absent one means.

    `is_id`: its hexadecimal digits mean the same in upper and in lower case.
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
    """How a multipart field may come: as a file or as text, once or several times."""

    is_file: bool
    is_array: bool


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The one content type that an operation takes; `fields` is empty for JSON."""

    content_type: str
    schema: Schema
    fields: Mapping[str, FormField]


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """What an answer of one status code must carry."""

    content: Mapping[str, Schema]
    headers: Mapping[str, tuple[bool, Schema]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operationId. `security` lists alternatives, each the names of schemes that must all be satisfied.

    `other_error` is the rule of `default`: for every error whose status is not among `responses`.
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
        """What is wrong with an answer: undocumented status, content type, headers (lower-case names) or body."""
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


class Contract:
    """The whole document and its operations."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._components = document["components"]
        self.operations = {operation.id: operation for operation in self._operations()}

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        spec = item[method]
        parameters = [*item.get("parameters", ()), *spec.get("parameters", ())]
        security = spec.get("security", self.document.get("security", ()))
        responses = {code: self._response(self._resolved(each)) for code, each in spec["responses"].items()}
        return Operation(
            id=spec["operationId"],
            method=method.upper(),
            path=path,
            parameters=[self._parameter(self._resolved(each)) for each in parameters],
            body=self._body(spec["requestBody"]) if "requestBody" in spec else None,
            other_error=responses.pop(DEFAULT, None),
            responses={int(code): rule for code, rule in responses.items()},
            security=[frozenset(alternative) for alternative in security],
        )

    def _parameter(self, spec: Mapping[str, Any]) -> Parameter:
        schema = self._resolved(spec["schema"])
        return Parameter(
            name=spec["name"],
            location=spec["in"],
            required=spec.get("required", False),
            is_integer=schema.get("type") == "integer",
            is_id=spec["schema"].get("$ref") == OBJECT_ID,
            default=schema.get("default"),
            schema=self._schema(spec["schema"]),
        )

    def _body(self, spec: Mapping[str, Any]) -> RequestBody:
        content_type, media = next(iter(self._resolved(spec)["content"].items()))
        properties = self._resolved(media["schema"]).get("properties", {}) if content_type == MULTIPART else {}
        fields = {name: self._form_field(self._resolved(each)) for name, each in properties.items()}
        return RequestBody(content_type, self._schema(media["schema"]), fields)

    def _form_field(self, schema: Mapping[str, Any]) -> FormField:
        is_array = schema.get("type") == "array"
        item = self._resolved(schema["items"]) if is_array else schema
        return FormField(is_file=item.get("format") == "binary", is_array=is_array)

    def _response(self, spec: Mapping[str, Any]) -> ResponseRule:
        headers = {name.lower(): self._resolved(each) for name, each in spec.get("headers", {}).items()}
        return ResponseRule(
            content={name: self._schema(media["schema"]) for name, media in spec.get("content", {}).items()},
            headers={
                name: (each.get("required", False), self._schema(each["schema"])) for name, each in headers.items()
            },
        )

    def _schema(self, schema: Mapping[str, Any]) -> Schema:
        return Schema({"allOf": [schema], "components": self._components})

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


@cache
def load_contract() -> Contract:
    """Read `contracts/openapi.yaml`, once per process."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Contract(yaml.load(contract_file("openapi.yaml").read_bytes(), loader))  # noqa: S506 - a safe loader


def _header(name: str, needed: bool, schema: Schema, headers: Mapping[str, str]) -> list[Violation]:
    value = headers.get(name)
    if value is None:
        return [Violation(name, "the header is missing")] if needed else []
    return schema.violations(int(value) if value.isdecimal() else value, name)
