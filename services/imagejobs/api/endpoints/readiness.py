"""Whether the backing services answer: in bounded time, and with one thread per service however many clients ask."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait

from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.errors import RETRY_AFTER_SECONDS, ApiError
from imagejobs.contract.violations import Violation
from imagejobs.errors import BackingServiceUnavailable

ANSWER_SECONDS = 3.0
"""A service that does not answer within so many seconds counts as unavailable."""


class Readiness:
    """The endpoint. `pings` has a ping for each service's name; the API is ready without the `dispensable` services."""

    def __init__(self, pings: Mapping[str, Callable[[], None]], dispensable: frozenset[str]) -> None:
        self._questions = {name: _Question(name, ping) for name, ping in pings.items()}
        self._dispensable = dispensable

    def answer(self, call: Call) -> Reply:  # noqa: ARG002 - an endpoint takes a call
        """200 with the state of each service. Raises ApiError 503 if a service that is needed is unavailable."""
        asked = {name: question.ask() for name, question in self._questions.items()}
        wait(asked.values(), ANSWER_SECONDS)
        reasons = {name: _why_unavailable(name, future) for name, future in asked.items()}
        unavailable = {name: reason for name, reason in reasons.items() if reason}
        if unavailable.keys() - self._dispensable:
            details = [Violation(name, reason) for name, reason in unavailable.items()]
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise ApiError(503, "not_ready", f"Not ready: {', '.join(unavailable)} unavailable.", details, headers)
        return Reply({name: "away" if name in unavailable else "ok" for name in self._questions})


class _Question:
    """A ping of one service. While one is under way, everybody waits for it, and no other is sent."""

    def __init__(self, name: str, ping: Callable[[], None]) -> None:
        self._name = name
        self._ping = ping
        self._lock = threading.Lock()
        self._asked: Future[None] | None = None

    def ask(self) -> Future[None]:
        """The ping that is under way, or a new one."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                # A daemon thread: a service that hangs must not keep the process from ending.
                threading.Thread(target=self._send, args=(self._asked,), name=f"ping {self._name}", daemon=True).start()
            return self._asked

    def _send(self, asked: Future[None]) -> None:
        try:
            asked.set_result(self._ping())
        except BaseException as error:  # noqa: BLE001 - raised again by asked.result()
            asked.set_exception(error)


def _why_unavailable(name: str, asked: Future[None]) -> str | None:
    """A sentence for `details`; None if the service has answered."""
    if not asked.done():
        return f"{name} did not answer within {ANSWER_SECONDS:g} s."
    try:
        asked.result()
    except BackingServiceUnavailable as error:
        return f"{error.service} answers: {error.answer}." if error.answer else f"{error.service} does not answer."
    return None
