import threading
import time
from collections.abc import Callable, Iterator

import pytest
from imagejobs.api.binding.call import Call
from imagejobs.api.binding.errors import ApiError
from imagejobs.api.endpoints import readiness
from imagejobs.api.endpoints.readiness import Readiness
from imagejobs.errors import BackingServiceUnavailable
from servers.processes import wait_until

ASK = Call({})


class Hanging:
    """A service whose ping blocks until `let_go` is set."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.asked = 0

    def ping(self) -> None:
        self.asked += 1
        assert self.let_go.wait(30)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 0.05)
    service = Hanging()
    yield service
    service.let_go.set()
    wait_until(lambda: not pings())


def pings() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ping ")]


def with_storage(ping: Callable[[], None], *dispensable: str) -> Readiness:
    return Readiness({"mongodb": lambda: None, "storage": ping}, frozenset(dispensable))


def test_a_service_that_hangs_counts_as_unavailable_in_time(hanging: Hanging) -> None:
    begun = time.monotonic()
    with pytest.raises(ApiError) as caught:
        with_storage(hanging.ping).answer(ASK)
    assert time.monotonic() - begun < 5
    assert (caught.value.status, caught.value.message) == (503, "Not ready: storage unavailable.")
    assert [(each.field, each.message) for each in caught.value.details] == [
        ("storage", "storage did not answer within 0.05 s.")
    ]


def test_however_often_one_asks_one_thread_waits_for_it(hanging: Hanging) -> None:
    ready = with_storage(hanging.ping, "storage")
    for _ in range(5):
        assert ready.answer(ASK).data == {"mongodb": "ok", "storage": "away"}
    assert hanging.asked == 1
    (thread,) = pings()
    assert thread.daemon, "a process that ends does not wait for it"


def test_once_it_answers_it_is_there_again_and_is_asked_anew(hanging: Hanging) -> None:
    ready = with_storage(hanging.ping, "storage")
    ready.answer(ASK)
    hanging.let_go.set()
    wait_until(lambda: not pings())
    assert ready.answer(ASK).data == {"mongodb": "ok", "storage": "ok"}
    assert hanging.asked == 2


def test_a_fault_in_the_program_stays_what_it_is() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with_storage(broken).answer(ASK)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "storage does not answer."),
        ("there is no bucket images", "storage answers: there is no bucket images."),
    ],
)
def test_what_a_service_answered_is_reported_and_its_address_is_not(answer: str | None, message: str) -> None:
    def refused() -> None:
        raise BackingServiceUnavailable("storage", "bucket images at http://10.0.0.1: NoSuchBucket", answer)

    with pytest.raises(ApiError) as caught:
        with_storage(refused).answer(ASK)
    assert [each.message for each in caught.value.details] == [message]
