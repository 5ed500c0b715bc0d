"""Reads the API's answers: the data, or the error that an answer stands for."""

import json
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2

from imagejobs.client.errors import ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.client.tries import Fate, TryAgain
from imagejobs.contract.operations import JSON, Operation

logger = logging.getLogger(__name__)

NOT_CARRIED_OUT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""After these answers any request may be sent again: it was not carried out. 408 says that the request did not arrive
in full (RFC 9110, 15.5.9). After 500 and above it may have been carried out, except after 503."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` and `cursor` of a successful answer."""

    data: Any
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads the answers to one request.

    `way` names the proxy for messages. `strict` refuses answers that break the contract. A request that is not
    `repeatable` is sent again only if it was not carried out.
    """

    operation: Operation
    way: str
    strict: bool
    repeatable: bool

    def read(self, response: httpx2.Response, content: bytes) -> Answer:
        """The answer's data. Raises TryAgain, ApiUnavailable, ApiRefused or UnexpectedAnswer."""
        if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and self.way:
            raise ApiUnavailable(f"{self._answered(response)}; set its user and password in API_PROXY")
        body = _json(response, content)
        if not response.is_success:
            raise self._failure(response, body)
        self._check(response, body)
        return Answer(body.get("data"), body.get("cursor")) if isinstance(body, dict) else Answer(None)

    def _failure(self, response: httpx2.Response, body: Any) -> Exception:
        status, message = response.status_code, self._message(response, body)
        refusal = None if response.is_server_error else ApiRefused(status, _code(body), message)
        if status in NOT_CARRIED_OUT:
            too_slow = refusal if status == HTTPStatus.REQUEST_TIMEOUT else None
            return TryAgain(message, Fate.NOT_CARRIED_OUT, _retry_after(response), too_slow)
        if refusal:
            return refusal
        if self.repeatable:
            return TryAgain(message, Fate.UNKNOWN, _retry_after(response))
        return ApiUnavailable(message)

    def _check(self, response: httpx2.Response, body: Any) -> None:
        problems = self.operation.response_violations(
            response.status_code, response.headers.get("content-type", ""), response.headers, body
        )
        if problems and self.strict:
            raise UnexpectedAnswer(
                f"{self.operation.id}: the API's answer breaks the contract at {problems[0].field}: "
                f"{problems[0].message}"
            )
        if problems:
            logger.debug("%s: the answer differs from the contract: %s", self.operation.id, problems)

    def _message(self, response: httpx2.Response, body: Any) -> str:
        if isinstance(body, dict) and isinstance(body.get("message"), str):
            # JSON can contain halves of surrogate pairs. The message may become a job's errorMsg, which cannot.
            return str(body["message"]).encode(errors="replace").decode()
        return self._answered(response)

    def _answered(self, response: httpx2.Response) -> str:
        return f"{response.request.method} {response.request.url.path} answered {response.status_code}{self.way}"


def _retry_after(response: httpx2.Response) -> float | None:
    seconds = response.headers.get("retry-after", "")
    return float(seconds) if seconds.isdecimal() else None


def _json(response: httpx2.Response, content: bytes) -> Any:
    """The body, or None if it is not JSON."""
    if not response.headers.get("content-type", "").startswith(JSON):
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _code(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""
