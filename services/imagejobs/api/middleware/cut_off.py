"""Answers the requests that are still under way when the process ends: uvicorn cancels them then."""

import asyncio
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagejobs.api.binding.errors import ApiError, error_response, unavailable
from imagejobs.contract.openapi import Contract, load_contract

KEY = "Idempotency-Key"


class AnsweringCutOff:
    """ASGI middleware: a cancelled request gets the contract's error. uvicorn would answer 500 in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._takes_key = _paths_with_keys(load_contract())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_arrived, is_answered = not _has_body(scope), False

        async def receiving() -> Message:
            nonlocal has_arrived
            message = await receive()
            has_arrived = not message.get("more_body", False)
            return message

        async def sending(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except asyncio.CancelledError:
            if is_answered:
                raise
            may_be_done = has_arrived and self._adds_when_repeated(scope)
            await error_response(_interrupted() if may_be_done else _stopping())(scope, receive, send)

    def _adds_when_repeated(self, scope: Scope) -> bool:
        """Whether sending the request again could upload the images, or retry the job, a second time."""
        has_key = self._takes_key.fullmatch(scope["path"]) and KEY in Headers(scope=scope)
        return scope["method"] in {"POST", "PUT"} and not has_key


def _paths_with_keys(contract: Contract) -> re.Pattern[str]:
    """The paths of the operations that recognise a repeated request by its Idempotency-Key."""
    paths = [each.path for each in contract.operations.values() if any(p.name == KEY for p in each.parameters)]
    return re.compile("|".join(re.sub(r"\{[^}]+\}", "[^/]+", path) for path in paths))


def _has_body(scope: Scope) -> bool:
    """Whether a body follows the headers. An endpoint without a body does not read it, so its end is not seen."""
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _stopping() -> ApiError:
    return unavailable("stopping", "The API was stopped before it could answer; try again.", "api")


def _interrupted() -> ApiError:
    """Not 503, which promises that nothing was stored: jobs that are already recorded will be processed."""
    return ApiError(
        500,
        "interrupted",
        "The API was stopped while it worked on this request, which may have been carried out in part or in full: "
        "check the result before you send it again.",
    )
