"""Calls the API over HTTP: one place for addresses, tokens, timeouts, retries and the reading of answers."""

import json as json_format
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from imagejobs.client.errors import ApiNotReached, ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.contract.openapi import JSON, Operation, load_contract
from imagejobs.settings.addresses import shown
from imagejobs.settings.proxies import proxy_to, through

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
UPLOAD_SECONDS = 120.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Far above the contract's longest answers: a page of a hundred events with a thousand images each has 25 MB."""
MAX_TRIES = 5
MAX_RETRY_AFTER = 10.0
NOT_TAKEN = frozenset({429, 503})
"""Answers which say that the request was not carried out; after any other of 500 and above it may have been."""

Part = tuple[str, tuple[str | None, BinaryIO | str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` and `cursor` of a successful answer."""

    data: Any
    cursor: str | None = None


class _Fate(IntEnum):
    """What a try came to that failed, from the one that did the least."""

    NOT_SENT = 0
    REFUSED = 1
    UNKNOWN = 2


class _TryAgain(Exception):
    def __init__(self, reason: str, fate: _Fate, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.fate = fate
        self.retry_after = retry_after


class ApiClient:
    """One API at `base_url`. Thread-safe. `strict` refuses answers that break the contract; a worker is lenient where
    a foreign backend may say less than ours.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        worker_token: str | None = None,
        proxy: str = "",
        transport: httpx2.BaseTransport | None = None,
        max_tries: int = MAX_TRIES,
        read_seconds: float = READ_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"X-Worker-Token": worker_token} if worker_token else {}
        connect_seconds = min(CONNECT_SECONDS, read_seconds)
        timeout = httpx2.Timeout(read_seconds, connect=connect_seconds, write=UPLOAD_SECONDS)
        proxy = proxy_to(base_url, proxy)
        self._through = through(proxy)
        transport = transport or httpx2.HTTPTransport(proxy=proxy or None)  # a transport of its own ignores HTTP_PROXY
        self._http = httpx2.Client(base_url=base_url, headers=headers, timeout=timeout, transport=transport)
        self._operations = load_contract().operations
        self._max_tries = max_tries
        self._read_seconds = read_seconds
        self._sleep = sleep
        self.base_url = shown(base_url)

    def call(
        self,
        operation_id: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        parts: Sequence[Part] = (),
        headers: Mapping[str, str] | None = None,
        strict: bool = True,
        repeatable: bool = True,
    ) -> Answer:
        """Ask for one operation. What is not `repeatable` is sent once more only if it surely did not arrive.

        Raises ApiUnavailable after bounded tries, ApiNotReached if no try was sent, ApiRefused for an error answer,
        UnexpectedAnswer for one that is too large, and if `strict`.
        """
        operation = self._operations[operation_id]
        params = {name: value for name, value in (query or {}).items() if value is not None}
        url = operation.path.format(**{name: quote(value, safe="") for name, value in (path or {}).items()})

        fates: list[_Fate] = []

        def once() -> Answer:
            for _, (_, content) in parts:
                if not isinstance(content, str):
                    content.seek(0)
            try:
                with self._http.stream(
                    operation.method, url, params=params, json=json, files=list(parts) or None, headers=headers
                ) as response:
                    received = self._content(operation, response)
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
                raise _TryAgain(f"{self.base_url}{self._through}: {error}", _Fate.NOT_SENT) from error
            except httpx2.RequestError as error:
                reason = f"{self.base_url}{self._through}: {error!r}"
                if repeatable:
                    raise _TryAgain(reason, _Fate.UNKNOWN) from error
                raise ApiUnavailable(reason) from error
            if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and self._through:
                raise ApiUnavailable(f"{_answered(response, self._through)}; set its user and password in API_PROXY")
            body = _json(response, received)
            return _read(operation, response, body, self._through, strict=strict, repeatable=repeatable)

        def noted() -> Answer:
            try:
                return once()
            except _TryAgain as error:
                fates.append(error.fate)
                raise

        try:
            return self._retrying()(noted)
        except _TryAgain as error:
            if max(fates) == _Fate.NOT_SENT:
                raise ApiNotReached(error) from error
            raise ApiUnavailable(error, is_refused=max(fates) == _Fate.REFUSED) from error

    def _content(self, operation: Operation, response: httpx2.Response) -> bytes:
        """The whole body. A timeout is for one piece of it: one that trickles in would be waited for for ever."""
        deadline = time.monotonic() + self._read_seconds
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise UnexpectedAnswer(f"{operation.id}: the API's answer has more than {MAX_ANSWER_BYTES} bytes")
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout("the answer does not end", request=response.request)
        return bytes(content)

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(_TryAgain),
            stop=stop_after_attempt(self._max_tries),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )


_backoff = wait_random_exponential(multiplier=0.2, max=5)


def _wait(state: RetryCallState) -> float:
    """Full jitter, or what the server asked for in Retry-After, within reason."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, _TryAgain) else None
    return min(asked, MAX_RETRY_AFTER) if asked is not None else _backoff(state)


def _read(
    operation: Operation, response: httpx2.Response, body: Any, way: str, *, strict: bool, repeatable: bool
) -> Answer:
    is_refused = response.status_code in NOT_TAKEN
    if is_refused or (response.is_server_error and repeatable):
        retry_after = response.headers.get("retry-after", "")
        fate = _Fate.REFUSED if is_refused else _Fate.UNKNOWN
        raise _TryAgain(_message(response, body, way), fate, float(retry_after) if retry_after.isdecimal() else None)
    if response.is_server_error:
        raise ApiUnavailable(_message(response, body, way))
    if not response.is_success:
        raise ApiRefused(response.status_code, _code(body), _message(response, body, way))
    problems = operation.response_violations(
        response.status_code, response.headers.get("content-type", ""), response.headers, body
    )
    if problems and strict:
        first = problems[0]
        raise UnexpectedAnswer(
            f"{operation.id}: the API's answer breaks the contract at {first.field}: {first.message}"
        )
    if problems:
        logger.debug("%s: the answer differs from the contract: %s", operation.id, problems)
    if not isinstance(body, dict):
        return Answer(None)
    return Answer(body.get("data"), body.get("cursor"))


def _json(response: httpx2.Response, content: bytes) -> Any:
    if not response.headers.get("content-type", "").startswith(JSON):
        return None
    try:
        return json_format.loads(content)
    except (ValueError, RecursionError):
        return None


def _message(response: httpx2.Response, body: Any, way: str) -> str:
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        # JSON has halves of surrogate pairs; what may become a job's errorMsg has none.
        return str(body["message"]).encode(errors="replace").decode()
    return _answered(response, way)


def _answered(response: httpx2.Response, way: str) -> str:
    return f"{response.request.method} {response.request.url.path} answered {response.status_code}{way}"


def _code(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""
