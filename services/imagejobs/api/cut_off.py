"""What is answered to the requests that are still under way when the process ends: uvicorn cancels them then."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagejobs.api.errors import ApiError, error_response, unavailable


class AnsweringCutOff:
    """Gives a cancelled request the contract's error, where uvicorn would say 500 in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_arrived = is_answered = False

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
            may_be_done = has_arrived and _makes_more_when_repeated(Headers(scope=scope))
            await error_response(_interrupted() if may_be_done else _stopping())(scope, receive, send)


def _makes_more_when_repeated(headers: Headers) -> bool:
    """Whether it uploads images without a key by which a repetition would be known."""
    return headers.get("content-type", "").startswith("multipart/") and "idempotency-key" not in headers


def _stopping() -> ApiError:
    return unavailable("stopping", "The API was stopped before it could answer; try again.", "api")


def _interrupted() -> ApiError:
    """No 503: that says that nothing was left behind, and what of an upload is already recorded is carried out."""
    return ApiError(
        500,
        "interrupted",
        "The API was stopped while it worked on this upload, which may be accepted in part or as a whole: "
        "look before you send it again.",
    )
