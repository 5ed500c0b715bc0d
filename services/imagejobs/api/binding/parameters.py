"""Reads a request's path, query and header parameters and checks them against the contract."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from starlette.requests import Request

from imagejobs.api.binding.errors import broken_contract
from imagejobs.contract.operations import Operation, Parameter
from imagejobs.contract.unknown_names import unknown_name
from imagejobs.contract.violations import MAX_VIOLATIONS, Violation


def read_params(operation: Operation, request: Request) -> dict[str, Any]:
    """The parameters by name: integers as int, ids in lower case, defaults filled in. Raises ApiError 400."""
    values: dict[str, Any] = {}
    problems: list[Violation] = list(_unknown(operation, request))
    for parameter in operation.parameters:
        given = _given(parameter, request)
        if len(given) > 1:
            problems.append(Violation(parameter.name, "is given more than once"))
        elif given:
            values[parameter.name] = _typed(parameter, given[0])
            problems += parameter.schema.violations(values[parameter.name], parameter.name)
        elif parameter.required:
            problems.append(Violation(parameter.name, "is required"))
        else:
            values[parameter.name] = parameter.default
    if problems:
        raise broken_contract(problems)
    return values


def _unknown(operation: Operation, request: Request) -> Iterator[Violation]:
    """Unknown query parameters: a misspelt filter must not list everything. Other operations ignore them."""
    if 400 not in operation.responses:
        return
    known = [each.name for each in operation.parameters if each.location == "query"]
    unknown = (name for name in dict.fromkeys(request.query_params) if name not in known)
    for name in islice(unknown, MAX_VIOLATIONS):  # searching similar names is slow, and a request may have thousands
        yield unknown_name(name, f"query parameter of {operation.id}", known)


def _given(parameter: Parameter, request: Request) -> Sequence[str]:
    match parameter.location:
        case "path":
            return [request.path_params[parameter.name]]
        case "query":
            return request.query_params.getlist(parameter.name)
        case _:
            return request.headers.getlist(parameter.name)


def _typed(parameter: Parameter, value: str) -> Any:
    """The value as an integer if it consists of ASCII digits. The schema rejects all other values."""
    if parameter.is_id:
        return value.lower()
    return int(value) if parameter.is_integer and value.isascii() and value.isdecimal() and len(value) < 19 else value
