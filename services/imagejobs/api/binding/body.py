"""Reads a request's body within limits of size, pace and time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request

from imagejobs.api.binding.errors import ApiError
from imagejobs.api.limits import Patience


async def bounded_body(request: Request, limit: int, patience: Patience) -> AsyncGenerator[bytes, None]:
    """Yield the body's chunks.

    Raises ApiError 413 as soon as the body is known to exceed `limit` bytes, and 408 if it comes too slowly. Only the
    time spent waiting for the client counts, not the caller's.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    received = 0
    async with aclosing(_in_time(request, patience)) as chunks:
        async for chunk in chunks:
            received += len(chunk)
            if received > limit:
                raise _too_large(limit)
            yield chunk


async def _in_time(request: Request, patience: Patience) -> AsyncGenerator[bytes, None]:
    now = asyncio.get_running_loop().time
    seconds_left, stretch_left, quota = patience.seconds, patience.pace.seconds, patience.pace.quota
    async with aclosing(request.stream()) as stream:
        while True:
            began = now()
            try:
                async with asyncio.timeout(min(stretch_left, seconds_left)):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise _too_slow(patience) from None
            if chunk is None:
                return
            waited = now() - began
            seconds_left -= waited
            stretch_left -= waited
            quota -= len(chunk)
            if quota <= 0:
                stretch_left, quota = patience.pace.seconds, patience.pace.quota
            yield chunk


def _too_large(limit: int) -> ApiError:
    return ApiError(413, "too_large", f"The body is larger than {limit} bytes.")


def _too_slow(patience: Patience) -> ApiError:
    pace = patience.pace
    message = (
        f"The body arrived too slowly: at least {pace.quota} bytes within {pace.seconds:g} s are needed, and all of it "
        f"within {patience.seconds:g} s. Send it again, over a faster connection or as a smaller image."
    )
    return ApiError(408, "request_timeout", message, headers={"Connection": "close"})
