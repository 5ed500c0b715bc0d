"""From a request to a Call: parameters, JSON and multipart bodies, held against the contract and against limits."""

import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from imagejobs.api.call import Form, ReceivedFile
from imagejobs.api.errors import ApiError, broken_contract, unavailable
from imagejobs.api.multipart import WholeBodyParser
from imagejobs.contract.openapi import Operation, Parameter, RequestBody
from imagejobs.contract.violations import Violation

logger = logging.getLogger(__name__)

MAX_JSON_BYTES = 64 * 1024
MAX_FIELDS = 50
MAX_FIELD_BYTES = 16 * 1024
ALL_FIELDS_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bytes of one file and of a whole multipart body, and how many files a body may hold."""

    file_bytes: int
    request_bytes: int
    files: int

    def of(self, body: RequestBody) -> int:
        """Bytes that a body may have: that of an operation that takes one file need not be larger than the file."""
        takes_many = any(field.is_file and field.is_array for field in body.fields.values())
        return self.request_bytes if takes_many else self.file_bytes + ALL_FIELDS_BYTES


def read_params(operation: Operation, request: Request) -> dict[str, Any]:
    """Path, query and header parameters, integers as int, defaults filled in. Raises ApiError 400."""
    values: dict[str, Any] = {}
    problems: list[Violation] = []
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


def check_content_type(body: RequestBody, request: Request) -> None:
    """Raise ApiError 415 unless the request says the content type of the contract."""
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != body.content_type:
        message = f"Content-Type must be {body.content_type}, not {given or 'missing'}."
        raise ApiError(415, "unsupported_media_type", message)


async def read_json(body: RequestBody, request: Request) -> Any:
    """The JSON body. Raises ApiError 400 or 413."""
    raw = b"".join([chunk async for chunk in _bounded(request, MAX_JSON_BYTES)])
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise broken_contract([Violation("", f"the body is not JSON: {error}")]) from None
    if problems := body.schema.violations(value):
        raise broken_contract(problems)
    return value


async def read_multipart(body: RequestBody, request: Request, limits: BodyLimits) -> FormData:
    """Parse a multipart body into spooled files; memory holds at most 1 MiB of each. Raises ApiError 400 or 413."""
    stream = _bounded(request, limits.of(body))
    try:
        async with aclosing(stream):
            return await WholeBodyParser(
                request.headers,
                stream,
                max_files=limits.files,
                max_fields=MAX_FIELDS,
                max_part_size=MAX_FIELD_BYTES,
            ).parse()
    except MultiPartException as error:
        raise broken_contract([Violation("", error.message)]) from None
    except OSError as error:
        logger.warning("an upload could not be kept in the temporary directory: %s", error)
        told = f"This server's disk cannot take the upload ({error.strerror}); try again later."
        raise unavailable("disk_unavailable", told, "disk") from None
    except UnicodeError as error:  # of the charset that the Content-Type names
        raise broken_contract([Violation("", f"the parts' names and texts cannot be read: {error}")]) from None


def to_form(body: RequestBody, parts: FormData) -> Form:
    """Hold the parts against the contract. Raises ApiError 400."""
    texts: dict[str, str] = {}
    files: dict[str, list[ReceivedFile]] = {}
    problems: list[Violation] = []
    for name in dict.fromkeys(parts.keys()):
        values = [value for value in parts.getlist(name) if not _is_no_choice(value)]
        if not values:
            continue
        problems += _misused(body, name, values)
        received = [each for each in values if isinstance(each, UploadFile)]
        if received:
            files[name] = [ReceivedFile(each.file, each.filename or "", each.size or 0) for each in received]
        elif isinstance(values[0], str):
            texts[name] = values[0]
    problems += body.schema.violations(_instance(body, texts, files))
    problems += [Violation(name, "the file is empty") for name, many in files.items() if not all(f.size for f in many)]
    if problems:
        raise broken_contract(problems)
    return Form(texts, files)


def _given(parameter: Parameter, request: Request) -> Sequence[str]:
    match parameter.location:
        case "path":
            return [request.path_params[parameter.name]]
        case "query":
            return request.query_params.getlist(parameter.name)
        case _:
            return request.headers.getlist(parameter.name)


def _typed(parameter: Parameter, value: str) -> Any:
    """Only plain ASCII digits become an integer; all else is left for the schema to refuse."""
    return int(value) if parameter.is_integer and value.isascii() and value.isdecimal() and len(value) < 19 else value


def _is_no_choice(value: str | UploadFile) -> bool:
    """What a browser sends for a file input in which nothing was chosen: a file without a name or a byte."""
    return isinstance(value, UploadFile) and not value.filename and not value.size


def _misused(body: RequestBody, name: str, values: Sequence[str | UploadFile]) -> list[Violation]:
    field = body.fields.get(name)
    if field is None:
        return []
    problems = []
    if len(values) > 1 and not field.is_array:
        problems.append(Violation(name, "is given more than once"))
    if any(isinstance(value, UploadFile) != field.is_file for value in values):
        problems.append(Violation(name, "must be a file" if field.is_file else "must be text, not a file"))
    return problems


def _instance(
    body: RequestBody, texts: Mapping[str, str], files: Mapping[str, Sequence[ReceivedFile]]
) -> dict[str, Any]:
    """The form as the JSON value that its schema describes; a file's bytes are judged elsewhere."""
    is_array = {name for name, field in body.fields.items() if field.is_array}
    shown: dict[str, Any] = {name: [""] * len(many) if name in is_array else "" for name, many in files.items()}
    return {**texts, **shown}


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks; ApiError 413 as soon as the declared or the received length is over the limit."""
    declared = request.headers.get("content-length", "")
    received = 0
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    async with aclosing(request.stream()) as stream:
        async for chunk in stream:
            received += len(chunk)
            if received > limit:
                raise too_large(limit)
            yield chunk


def too_large(limit: int) -> ApiError:
    """413; the connection ends, since the rest of the body is not read."""
    message = f"The body is larger than {limit} bytes."
    return ApiError(413, "too_large", message, headers={"Connection": "close"})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
