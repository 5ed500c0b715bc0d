"""Reads `contracts/openapi.yaml`: its operations by operationId."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from imagejobs.contract.files import contract_file
from imagejobs.contract.operations import MULTIPART, FormField, Operation, Parameter, RequestBody, ResponseRule
from imagejobs.contract.violations import Schema

METHODS = ("get", "put", "post", "delete", "patch")
OBJECT_ID = "#/components/schemas/ObjectId"
DEFAULT = "default"


class Contract:
    """The document, and its operations by operationId."""

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
