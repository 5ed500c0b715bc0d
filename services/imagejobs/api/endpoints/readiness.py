"""Whether the backing services answer: in bounded time, and in one thread for each, however many ask."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait

from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.errors import RETRY_AFTER_SECONDS, ApiError
from imagejobs.contract.violations import Violation
from imagejobs.errors import BackingServiceUnavailable

ANSWER_SECONDS = 3.0
"""A service that does not answer within this time counts as unavailable."""


class Readiness:
    """The endpoint. `pings` are by the services' names for people; the API can do without `dispensable`."""

    def __init__(self, pings: Mapping[str, Callable[[], None]], dispensable: frozenset[str]) -> None:
        self._questions = {name: _Question(name, ping) for name, ping in pings.items()}
        self._dispensable = dispensable

    def answer(self, call: Call) -> Reply:  # noqa: ARG002 - an endpoint takes a call
        """200 with the state of each service; raises ApiError 503 when one that is needed is unavailable."""
        asked = {name: question.ask() for name, question in self._questions.items()}
        wait(asked.values(), ANSWER_SECONDS)
        reasons = {name: _why_away(name, future) for name, future in asked.items()}
        away = {name: reason for name, reason in reasons.items() if reason}
        if away.keys() - self._dispensable:
            details = [Violation(name, reason) for name, reason in away.items()]
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise ApiError(503, "not_ready", f"Not ready: {', '.join(away)} unavailable.", details, headers)
        return Reply({name: "away" if name in away else "ok" for name in self._questions})


class _Question:
    """To one service, which is not asked again before it has answered: whoever wants to know waits with the others."""

    def __init__(self, name: str, ping: Callable[[], None]) -> None:
        self._name = name
        self._ping = ping
        self._lock = threading.Lock()
        self._asked: Future[None] | None = None

    def ask(self) -> Future[None]:
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                # A daemon, so that a service that hangs keeps no process from ending.
                threading.Thread(target=self._tell, args=(self._asked,), name=f"ping {self._name}", daemon=True).start()
            return self._asked

    def _tell(self, asked: Future[None]) -> None:
        try:
            asked.set_result(self._ping())
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            asked.set_exception(error)


def _why_away(name: str, asked: Future[None]) -> str | None:
    if not asked.done():
        return f"{name} did not answer within {ANSWER_SECONDS:g} s."
    try:
        asked.result()
    except BackingServiceUnavailable as error:
        return f"{error.service} answers: {error.answer}." if error.answer else f"{error.service} does not answer."
    return None
