"""A lease is renewed while the worker works on the job, and no longer."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from imagejobs.worker.failures import NotOurs, ServiceUnavailable, TransientFailure
from imagejobs.worker.job import Claim
from imagejobs.worker.lease import NOT_RENEWED, RENEWALS_PER_LEASE, RenewedLease, renewal_seconds
from servers.processes import wait_until

CLAIM = Claim("655501d2f12a3d0f3c5a1002", 1)
LEASE_SECONDS = 0.1
LONG_LEASE = 2.0


class Renewals:
    """A jobs API that records renewals; the first `good` ones succeed, the others raise `error`."""

    def __init__(self, good: int = 1_000, error: Exception | None = None) -> None:
        self.lease_seconds = LEASE_SECONDS
        self.times: list[float] = []
        self._good = good
        self._error = error

    def renew(self, claim: Claim) -> None:
        assert claim == CLAIM
        self.times.append(time.monotonic())
        if len(self.times) > self._good and self._error:
            raise self._error

    def lease(self, claim: Claim = CLAIM) -> RenewedLease:
        return RenewedLease(self, claim)  # type: ignore[arg-type]  # the part of JobsApi that it uses


class Outage(Renewals):
    """Answers renewals with these answers in turn and then repeats the last; records each hand-back."""

    def __init__(self, *answers: Exception | None) -> None:
        super().__init__()
        self.handed_back: list[Exception] = []
        self._answers = itertools.chain(answers, itertools.repeat(answers[-1]))

    def renew(self, claim: Claim) -> None:
        super().renew(claim)
        if answer := next(self._answers):
            raise answer

    def hand_back(self, claim: Claim, failure: Exception) -> None:
        assert claim == CLAIM
        self.handed_back.append(failure)
        raise NotOurs("another worker has claimed it")


AWAY = ServiceUnavailable("api_unavailable", "API is unavailable")
LOST = NotOurs("it is PENDING")


def lose(api: Outage, until: Callable[[], bool]) -> None:
    """Work until `until` holds, then end because another worker has the job."""
    with api.lease():
        wait_until(until)
        raise LOST


def renewing_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == f"lease-{CLAIM.job_id}"]


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    yield
    wait_until(lambda: not renewing_threads())


def test_it_renews_several_times_a_lease_while_the_work_goes_on() -> None:
    api = Renewals()
    api.lease_seconds = LONG_LEASE
    started = time.monotonic()
    with api.lease():
        wait_until(lambda: len(api.times) >= 2)
    assert LONG_LEASE / RENEWALS_PER_LEASE <= api.times[0] - started < LONG_LEASE
    assert api.times[1] - api.times[0] >= LONG_LEASE / RENEWALS_PER_LEASE * 0.9


def test_it_stops_when_the_work_is_done() -> None:
    api = Renewals()
    with api.lease():
        wait_until(lambda: len(api.times) >= 1)
    wait_until(lambda: not renewing_threads())
    renewed = len(api.times)
    time.sleep(LEASE_SECONDS)  # a thread that had not stopped would renew three times
    assert len(api.times) == renewed


def test_a_worker_can_end_in_the_middle_of_its_work() -> None:
    with Renewals().lease():
        (thread,) = renewing_threads()
        assert thread.daemon, "the process would wait for the end of the renewals"


def test_it_stops_when_the_work_fails() -> None:
    with pytest.raises(ValueError, match="broken"), Renewals().lease():
        raise ValueError("broken")
    wait_until(lambda: not renewing_threads())


def test_a_lost_lease_ends_it_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    api = Renewals(1, NotOurs("attempt 2 holds it"))
    with api.lease():
        wait_until(lambda: len(api.times) == 2)
        wait_until(lambda: not renewing_threads())
    assert [record.message for record in caplog.records] == [
        f"job {CLAIM.job_id}: lease lost, its result will be discarded: attempt 2 holds it"
    ]


def test_an_outage_of_the_api_does_not_end_the_renewals(caplog: pytest.LogCaptureFixture) -> None:
    api = Renewals(0, AWAY)
    with api.lease():
        wait_until(lambda: len(api.times) >= 3)
    assert caplog.messages == [], "an outage is not a line per renewal"


def test_a_renewal_that_is_refused_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    api = Renewals(0, TransientFailure("api_refused", "The API refused the worker"))
    with api.lease():
        wait_until(lambda: len(api.times) >= 3)
    assert "lease not renewed, trying again: The API refused the worker" in caplog.text


def test_a_lease_that_expired_in_an_outage_of_the_api_is_handed_back() -> None:
    api = Outage(AWAY, AWAY, LOST)
    with pytest.raises(NotOurs):
        lose(api, lambda: bool(api.handed_back))
    assert api.handed_back == [NOT_RENEWED], "once"


def test_a_lease_that_the_work_finds_lost_before_the_next_renewal_is_handed_back() -> None:
    api = Outage(AWAY)
    with pytest.raises(NotOurs):
        lose(api, lambda: len(api.times) >= 2)
    assert NOT_RENEWED in api.handed_back


@pytest.mark.parametrize("answers", [(LOST,), (AWAY, None, LOST), (AWAY, TransientFailure("api_refused", "401"), LOST)])
def test_any_other_lost_lease_is_not_handed_back(answers: tuple[Exception | None, ...]) -> None:
    api = Outage(*answers)
    with pytest.raises(NotOurs):
        lose(api, lambda: not renewing_threads())
    assert api.handed_back == []


def test_work_that_ends_well_hands_nothing_back() -> None:
    api = Outage(AWAY)
    with api.lease():
        wait_until(lambda: len(api.times) >= 1)
    assert api.handed_back == []


def test_a_renewal_that_takes_its_time_does_not_put_off_the_next() -> None:
    api = Renewals()
    answer = api.renew

    def slowly(claim: Claim) -> None:
        answer(claim)
        time.sleep(0.9 * renewal_seconds(LONG_LEASE))

    api.lease_seconds, api.renew = LONG_LEASE, slowly  # type: ignore[method-assign]
    begun = time.monotonic()
    with api.lease():
        wait_until(lambda: len(api.times) == RENEWALS_PER_LEASE - 1)
    assert api.times[-1] - begun < LONG_LEASE * 0.95, "the last that may still save the lease"


def test_a_claim_without_a_token_is_not_renewed() -> None:
    api = Renewals()
    with api.lease(Claim(CLAIM.job_id, None)):
        assert not renewing_threads()
        time.sleep(LEASE_SECONDS)  # a thread would renew three times
    assert api.times == []
