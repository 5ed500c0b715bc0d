"""Calls the API over HTTP: addresses, tokens, timeouts and the size of answers."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx2

from imagejobs.client.answers import Answer, AnswerReader
from imagejobs.client.errors import ApiUnavailable, UnexpectedAnswer
from imagejobs.client.tries import Fate, Tries, TryAgain
from imagejobs.contract.openapi import load_contract
from imagejobs.settings.addresses import shown
from imagejobs.settings.proxies import proxy_to, through

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
UPLOAD_SECONDS = 120.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Far above the contract's longest answers: a page of a hundred events with a thousand images each has 25 MB."""
MAX_TRIES = 5

Part = tuple[str, tuple[str | None, BinaryIO | str]]


class ApiClient:
    """A client of the API at `base_url`. Thread-safe."""

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
        transport = transport or httpx2.HTTPTransport(proxy=proxy or None)  # an explicit transport ignores HTTP_PROXY
        self._http = httpx2.Client(base_url=base_url, headers=headers, timeout=timeout, transport=transport)
        self._operations = load_contract().operations
        self._tries = Tries(max_tries, sleep)
        self._read_seconds = read_seconds
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
        """Call one operation.

        `strict` refuses an answer that breaks the contract; workers are lenient, because a foreign backend may say less
        than ours. A request that is not `repeatable` is sent again only if it surely was not carried out.

        Raises ApiUnavailable after bounded tries, ApiNotReached if no try was sent, ApiRefused for an error answer,
        and UnexpectedAnswer for an answer that is too large or, if `strict`, breaks the contract.
        """
        operation = self._operations[operation_id]
        params = {name: value for name, value in (query or {}).items() if value is not None}
        url = operation.path.format(**{name: quote(value, safe="") for name, value in (path or {}).items()})
        reader = AnswerReader(operation, self._through, strict, repeatable)

        def once() -> Answer:
            for _, (_, content) in parts:
                if not isinstance(content, str):
                    content.seek(0)
            try:
                with self._http.stream(
                    operation.method, url, params=params, json=json, files=list(parts) or None, headers=headers
                ) as response:
                    received = self._content(operation_id, response)
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
                raise TryAgain(f"{self.base_url}{self._through}: {error}", Fate.NOT_SENT) from error
            except httpx2.RequestError as error:
                reason = f"{self.base_url}{self._through}: {error!r}"
                if repeatable:
                    raise TryAgain(reason, Fate.UNKNOWN) from error
                raise ApiUnavailable(reason) from error
            return reader.read(response, received)

        return self._tries.of(once)

    def _content(self, operation_id: str, response: httpx2.Response) -> bytes:
        """The whole body within `read_seconds`: httpx's own timeout applies to each piece, so it may never expire."""
        deadline = time.monotonic() + self._read_seconds
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise UnexpectedAnswer(f"{operation_id}: the API's answer has more than {MAX_ANSWER_BYTES} bytes")
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout("the answer does not end", request=response.request)
        return bytes(content)
