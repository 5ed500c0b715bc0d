"""How often a request is sent, how long the client waits in between, and what a failure means in the end."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from imagejobs.client.errors import ApiNotReached, ApiRefused, ApiUnavailable

MAX_RETRY_AFTER = 10.0
"""Seconds that the client waits at most, whatever Retry-After asks for."""

T = TypeVar("T")
_backoff = wait_random_exponential(multiplier=0.2, max=5)


class Fate(IntEnum):
    """What the API did with a request that failed, in the order of how much that may be."""

    NOT_SENT = 0
    NOT_CARRIED_OUT = 1
    UNKNOWN = 2


class TryAgain(Exception):
    """A failure after which the request may be sent again. `refusal` is the error to raise if every try ends so."""

    def __init__(
        self, reason: str, fate: Fate, retry_after: float | None = None, refusal: ApiRefused | None = None
    ) -> None:
        super().__init__(reason)
        self.fate = fate
        self.retry_after = retry_after
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Tries:
    """Sends a request at most `max_tries` times, with `sleep` in between."""

    max_tries: int
    sleep: Callable[[float], None]

    def of(self, once: Callable[[], T]) -> T:
        """Call `once` until it raises no TryAgain.

        Raises ApiUnavailable, ApiNotReached or the refusal of the last try when no try is left.
        """
        fates: list[Fate] = []

        def noted() -> T:
            try:
                return once()
            except TryAgain as error:
                fates.append(error.fate)
                raise

        retrying = Retrying(
            retry=retry_if_exception_type(TryAgain),
            stop=stop_after_attempt(self.max_tries),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(noted)
        except TryAgain as error:
            raise _final(error, max(fates)) from error


def _wait(state: RetryCallState) -> float:
    """Seconds: what Retry-After asks for, up to MAX_RETRY_AFTER; else a random part of a bound that doubles."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, TryAgain) else None
    return min(asked, MAX_RETRY_AFTER) if asked is not None else _backoff(state)


def _final(last: TryAgain, worst: Fate) -> Exception:
    if worst == Fate.NOT_SENT:
        return ApiNotReached(last)
    if last.refusal and worst == Fate.NOT_CARRIED_OUT:
        return last.refusal
    return ApiUnavailable(last, is_refused=worst == Fate.NOT_CARRIED_OUT)
