"""The fields of each kind of object in OpenAPI 3.1 and JSON Schema 2020-12, and the kinds of their values.

A value's kind is written as `kind`, a list as `[kind]`, a map as `{kind}`; "" is any value.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Found(NamedTuple):
    """An object of the document, with its kind and its JSON pointer."""

    kind: str
    where: str
    node: Any


def _fields(plain: str, **kinds: str) -> dict[str, str]:
    return dict.fromkeys(plain.split(), "") | {name.rstrip("_"): kind for name, kind in kinds.items()}


_PARAMETER = _fields(
    "description required deprecated allowEmptyValue style explode allowReserved example",
    schema="schema",
    examples="{example}",
    content="{media}",
)
KINDS: Mapping[str, Mapping[str, str]] = {
    "document": _fields(
        "openapi jsonSchemaDialect security",
        info="info",
        servers="[server]",
        paths="{path}",
        webhooks="{path}",
        components="components",
        tags="[tag]",
        externalDocs="docs",
    ),
    "info": _fields("title summary description termsOfService version", contact="contact", license="license"),
    "contact": _fields("name url email"),
    "license": _fields("name identifier url"),
    "server": _fields("url description", variables="{variable}"),
    "variable": _fields("enum default description"),
    "tag": _fields("name description", externalDocs="docs"),
    "docs": _fields("description url"),
    "components": _fields(
        "",
        schemas="{schema}",
        responses="{response}",
        parameters="{parameter}",
        examples="{example}",
        requestBodies="{body}",
        headers="{header}",
        securitySchemes="{scheme}",
        links="{link}",
        callbacks="{callback}",
        pathItems="{path}",
    ),
    "path": _fields("summary description", servers="[server]", parameters="[parameter]")
    | dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch", "trace"), "operation"),
    "operation": _fields(
        "tags summary description operationId deprecated security",
        externalDocs="docs",
        parameters="[parameter]",
        requestBody="body",
        responses="{response}",
        callbacks="{callback}",
        servers="[server]",
    ),
    "callback": {},
    "parameter": _PARAMETER | _fields("name in"),
    "header": _PARAMETER,
    "body": _fields("description required", content="{media}"),
    "media": _fields("example", schema="schema", examples="{example}", encoding="{encoding}"),
    "encoding": _fields("contentType style explode allowReserved", headers="{header}"),
    "response": _fields("description", headers="{header}", content="{media}", links="{link}"),
    "example": _fields("summary description value externalValue"),
    "link": _fields("operationRef operationId parameters requestBody description", server="server"),
    "scheme": _fields("type description name in scheme bearerFormat openIdConnectUrl", flows="flows"),
    "flows": dict.fromkeys(("implicit", "password", "clientCredentials", "authorizationCode"), "flow"),
    "flow": _fields("authorizationUrl tokenUrl refreshUrl scopes"),
    "schema": _fields(
        "$schema $id $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $comment type enum const "
        "multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern "
        "maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired "
        "format contentEncoding contentMediaType title description default deprecated readOnly writeOnly examples "
        "discriminator xml",
        externalDocs="docs",
        allOf="[schema]",
        anyOf="[schema]",
        oneOf="[schema]",
        prefixItems="[schema]",
        not_="schema",
        if_="schema",
        then="schema",
        else_="schema",
        items="schema",
        contains="schema",
        additionalProperties="schema",
        propertyNames="schema",
        unevaluatedItems="schema",
        unevaluatedProperties="schema",
        contentSchema="schema",
        properties="{schema}",
        patternProperties="{schema}",
        dependentSchemas="{schema}",
    )
    | {"$defs": "{schema}"},
}
REFERENCE = frozenset({"$ref", "summary", "description"})
"""The fields of a Reference Object, which may replace any object except a schema."""


def found(node: Any, kind: str = "document", where: str = "#") -> Iterator[Found]:
    """Every object of the document with its kind, except those within examples and other plain data."""
    yield Found(kind, where, node)
    if not isinstance(node, Mapping) or ("$ref" in node and kind != "schema"):
        return
    for name, each in node.items():
        of = KINDS[kind].get(name, "")
        if of:
            yield from _values(each, of, f"{where}/{name}")


def _values(value: Any, of: str, where: str) -> Iterator[Found]:
    kind = of.strip("[]{}")
    if of.startswith("{") and isinstance(value, Mapping):
        for name, each in value.items():
            yield from found(each, kind, f"{where}/{name}")
    elif of.startswith("[") and isinstance(value, list):
        for index, each in enumerate(value):
            yield from found(each, kind, f"{where}/{index}")
    elif of == kind:
        yield from found(value, kind, where)
