"""What is answered to the requests that are still under way when the process ends: uvicorn cancels them then."""

import asyncio
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagejobs.api.binding.errors import ApiError, error_response, unavailable

UNDER_KEYS = re.compile(r"/api/(image-jobs|events(/[^/]+)?)")
"""The paths whose POST or PUT may have an Idempotency-Key."""


class AnsweringCutOff:
    """Gives a cancelled request the contract's error, where uvicorn would say 500 in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to the application."""
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
            may_be_done = has_arrived and _is_more_when_repeated(scope)
            await error_response(_interrupted() if may_be_done else _stopping())(scope, receive, send)


def _has_body(scope: Scope) -> bool:
    """Whether anything follows the headers; an endpoint without a body does not read on to learn that it ended."""
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _is_more_when_repeated(scope: Scope) -> bool:
    """Whether it may upload images, or is a retry, without a key by which its repetition would be known."""
    has_key = UNDER_KEYS.fullmatch(scope["path"]) and "idempotency-key" in Headers(scope=scope)
    return scope["method"] in {"POST", "PUT"} and not has_key


def _stopping() -> ApiError:
    return unavailable("stopping", "The API was stopped before it could answer; try again.", "api")


def _interrupted() -> ApiError:
    """No 503: that says that nothing was left behind, and what is already recorded is carried out."""
    return ApiError(
        500,
        "interrupted",
        "The API was stopped while it worked on this request, which may be carried out in part or as a whole: "
        "look before you send it again.",
    )
