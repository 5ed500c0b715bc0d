"""Turns errors into the contract's ErrorAnswer: a status, a code for programs, and a message for people."""

import json
import logging
from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.responses import Response

from imagejobs.contract.operations import JSON
from imagejobs.contract.violations import MAX_VIOLATIONS, Violation
from imagejobs.conversion.errors import ConversionError
from imagejobs.errors import BackingServiceUnavailable
from imagejobs.events.errors import EventNotFound
from imagejobs.jobs.errors import JobConflict, JobNotFound, QueueFull

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5


class ApiError(Exception):
    """An error answer, raised where the fault is found."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})


def broken_contract(details: Sequence[Violation]) -> ApiError:
    """400 for a request that breaks the contract; `details` has the first MAX_VIOLATIONS violations."""
    details = details[:MAX_VIOLATIONS]
    first = details[0]
    where = f"{first.field}: " if first.field else ""
    return ApiError(400, "invalid_request", f"The request is not valid: {where}{first.message}", details)


def as_api_error(error: Exception) -> ApiError:
    """The error answer for an exception. An unexpected exception is answered 500 and logged with its traceback."""
    match error:
        case ApiError():
            return error
        case JobNotFound() | EventNotFound():
            return ApiError(404, "not_found", str(error))
        case JobConflict():
            return ApiError(409, error.code, str(error))
        case ConversionError():
            return ApiError(422, error.code, str(error))
        case QueueFull():
            return unavailable("queue_full", str(error), "redis")
        case BackingServiceUnavailable():
            logger.debug("%s", error)  # OUTAGES logs the outage once, not for each request
            name = error.service.lower()
            return unavailable(f"{name}_unavailable", f"{error.service} is unavailable; try again later.", name)
        case HTTPException():
            return ApiError(
                error.status_code, _CODES.get(error.status_code, "http_error"), error.detail, (), error.headers
            )
        case _:
            logger.error("unexpected error", exc_info=error)
            return ApiError(500, "internal_error", "The server failed unexpectedly; its log has the details.")


_CODES = {404: "not_found", 405: "method_not_allowed"}


def unavailable(code: str, message: str, service: str) -> ApiError:
    """503 whose `details` name the service, with a Retry-After header."""
    details = (Violation(service, message),)
    return ApiError(503, code, message, details, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def error_response(error: ApiError) -> Response:
    """The error as an HTTP response. Characters of the request that UTF-8 cannot encode become `?`."""
    body: dict[str, object] = {"code": error.code}
    if error.details:
        body["details"] = [each.to_json() for each in error.details]
    answer = {"success": False, "message": error.message, "error": body}
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(errors="replace"), error.status, error.headers, JSON)
