"""Reads the body of a request, JSON or multipart, within limits."""

import json
import logging
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from imagejobs.api.binding.body import bounded_body
from imagejobs.api.binding.errors import ApiError, broken_contract, unavailable
from imagejobs.api.binding.forms.multipart import BadPart, WholeBodyParser
from imagejobs.api.limits import Patience
from imagejobs.contract.operations import RequestBody
from imagejobs.contract.unknown_names import MAX_SHOWN
from imagejobs.contract.violations import Violation

logger = logging.getLogger(__name__)

MAX_JSON_BYTES = 64 * 1024
MAX_FIELDS = 50
MAX_FIELD_BYTES = 16 * 1024
ALL_FIELDS_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bytes of one file, bytes of a whole multipart body, files in a body, and the patience with a slow client."""

    file_bytes: int
    request_bytes: int
    files: int
    patience: Patience

    def of(self, body: RequestBody) -> int:
        """Bytes that the body may have: if the operation takes one file, those of a file and of all other fields."""
        takes_many = any(field.is_file and field.is_array for field in body.fields.values())
        return self.request_bytes if takes_many else self.file_bytes + ALL_FIELDS_BYTES


def check_content_type(body: RequestBody, request: Request) -> None:
    """Raise ApiError 415 unless the body has the contract's content type and no Content-Encoding."""
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != body.content_type:
        message = f"Content-Type must be {body.content_type}{f', not {given}' if given else '; it is missing'}."
        raise ApiError(415, "unsupported_media_type", message)
    encodings = [each.strip().lower() for each in request.headers.get("content-encoding", "").split(",")]
    if encoded := [each for each in encodings if each not in {"", "identity"}]:
        message = f"A body with Content-Encoding {', '.join(encoded)} is not accepted: send it uncompressed."
        raise ApiError(415, "unsupported_media_type", message, headers={"Accept-Encoding": "identity"})


async def read_json(body: RequestBody, request: Request, patience: Patience) -> Any:
    """The JSON body. Raises ApiError 400, 408 or 413."""
    raw = b"".join([chunk async for chunk in bounded_body(request, MAX_JSON_BYTES, patience)])
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise broken_contract([Violation("", f"the body is not JSON: {error}")]) from None
    if problems := body.schema.violations(value):
        raise broken_contract(problems)
    return value


async def read_multipart(body: RequestBody, request: Request, limits: BodyLimits) -> FormData:
    """Parse a multipart body into fields and spooled files, of which memory holds at most 1 MiB each.

    Raises ApiError 400, 408 or 413.
    """
    stream = bounded_body(request, limits.of(body), limits.patience)
    try:
        async with aclosing(stream):
            return await WholeBodyParser(
                request.headers,
                stream,
                max_files=limits.files,
                max_fields=MAX_FIELDS,
                max_part_size=MAX_FIELD_BYTES,
            ).parse()
    except BadPart as error:
        raise broken_contract([Violation(error.field[:MAX_SHOWN], error.message)]) from None
    except MultiPartException as error:
        raise broken_contract([Violation("", error.message)]) from None
    except OSError as error:
        logger.warning("an upload cannot be stored in the temporary directory: %s", error)
        message = f"The server's disk cannot store the upload ({error.strerror}); try again later."
        raise unavailable("disk_unavailable", message, "disk") from None
    except UnicodeError as error:  # in the charset that the Content-Type names
        raise broken_contract([Violation("", f"the parts' names and texts cannot be read: {error}")]) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
