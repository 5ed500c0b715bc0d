"""The loop around the repair: it stops when told, rides out outages and says so once."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest
from imagejobs.errors import BackingServiceUnavailable, DatabaseUnavailable
from imagejobs.jobs.repair import RepairReport
from imagejobs.reconciler.main import reconcile
from imagejobs.storage.object_storage import StorageUnavailable

NOTHING = RepairReport(requeued=0, leases_expired=0, attempts_exhausted=0, deletions_finished=0)
SOMETHING = RepairReport(requeued=3, leases_expired=0, attempts_exhausted=1, deletions_finished=0)
MONGODB = DatabaseUnavailable("Connection refused")
STORAGE = StorageUnavailable("Connection refused")


class Passes:
    """Each pass ends as told, then the loop is stopped."""

    def __init__(self, *ends: RepairReport | Exception) -> None:
        self.stop = threading.Event()
        self._ends: Iterator[RepairReport | Exception] = iter(ends)
        self._left = len(ends)

    def run_once(self) -> RepairReport:
        self._left -= 1
        if not self._left:
            self.stop.set()
        end = next(self._ends)
        if isinstance(end, Exception):
            raise end
        return end

    def reconcile(self, interval: float = 0.001) -> None:
        reconcile(self, interval, self.stop)  # type: ignore[arg-type]  # the one thing that it asks of a Repair


@pytest.fixture(autouse=True)
def _from_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "imagejobs.reconciler.main")


def test_passes_that_change_nothing_say_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Passes(NOTHING, NOTHING).reconcile()
    assert caplog.messages == []


def test_what_was_repaired_is_told(caplog: pytest.LogCaptureFixture) -> None:
    Passes(NOTHING, SOMETHING).reconcile()
    assert caplog.messages == ["repaired: requeued=3, attempts_exhausted=1"]


def test_an_outage_is_ridden_out_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    Passes(MONGODB, MONGODB, MONGODB, SOMETHING, NOTHING).reconcile()
    assert caplog.messages == [
        "MongoDB is away: Connection refused; trying on",
        "MongoDB is back",
        "repaired: requeued=3, attempts_exhausted=1",
    ]


def test_each_outage_is_told(caplog: pytest.LogCaptureFixture) -> None:
    Passes(MONGODB, STORAGE, STORAGE, NOTHING, STORAGE).reconcile()
    assert [message.split(" is ")[0] for message in caplog.messages] == ["MongoDB", "storage", "storage", "storage"]


def test_a_fault_in_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Passes(ZeroDivisionError(), NOTHING).reconcile()


def test_it_stops_at_once_in_the_middle_of_a_wait() -> None:
    passes = Passes(NOTHING)
    thread = threading.Thread(target=passes.reconcile, args=(60,))
    thread.start()
    passes.stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert passes._left == 1, "no pass was begun"


def test_it_waits_between_passes() -> None:
    started = time.monotonic()
    Passes(NOTHING, NOTHING, NOTHING).reconcile(0.05)
    assert time.monotonic() - started >= 3 * 0.05 * 0.9


def test_every_service_that_may_be_away_is_ridden_out() -> None:
    Passes(BackingServiceUnavailable("Redis", "x"), NOTHING).reconcile()
