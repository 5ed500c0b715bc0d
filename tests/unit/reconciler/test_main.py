"""The loop around the repairs: it stops on request and survives outages."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest
from imagejobs.errors import BackingServiceUnavailable, DatabaseUnavailable
from imagejobs.jobs.repair import BATCH, RepairReport
from imagejobs.reconciler.main import reconcile
from imagejobs.reconciler.metrics import Metrics
from imagejobs.storage.object_storage import StorageUnavailable

NOTHING = RepairReport()
SOMETHING = RepairReport(requeued=3, attempts_exhausted=1)
FULL = RepairReport(leases_expired=BATCH - 1, attempts_exhausted=1)
MONGODB = DatabaseUnavailable("Connection refused")
STORAGE = StorageUnavailable("Connection refused")


class Passes:
    """Each pass ends as given, then the loop is stopped."""

    def __init__(self, *ends: RepairReport | Exception) -> None:
        self.stop = threading.Event()
        self.metrics = Metrics()
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
        reconcile(self, interval, self.stop, self.metrics)  # type: ignore[arg-type]  # the one thing that it asks of a Repair


@pytest.fixture(autouse=True)
def _from_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "imagejobs.reconciler.main")


def test_passes_that_change_nothing_say_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Passes(NOTHING, NOTHING).reconcile()
    assert caplog.messages == []


def test_what_was_repaired_is_told(caplog: pytest.LogCaptureFixture) -> None:
    Passes(NOTHING, SOMETHING).reconcile()
    assert caplog.messages == ["repaired: requeued=3, attempts_exhausted=1"]


def test_an_outage_is_ridden_out_without_a_line_per_pass(caplog: pytest.LogCaptureFixture) -> None:
    Passes(MONGODB, MONGODB, STORAGE, SOMETHING, NOTHING).reconcile()
    assert caplog.messages == ["repaired: requeued=3, attempts_exhausted=1"]


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


def test_a_pass_that_stopped_at_its_bounds_is_followed_by_the_next_at_once() -> None:
    started = time.monotonic()
    Passes(*[FULL] * 50, NOTHING).reconcile(0.2)
    assert time.monotonic() - started < 2, "one wait before the first pass, none before the others"


@pytest.mark.parametrize("repair", ["reclaimed", "requeued", "leases_expired", "attempts_exhausted"])
def test_what_was_repaired_is_counted(repair: str) -> None:
    passes = Passes(RepairReport(**{repair: 3}), NOTHING, RepairReport(**{repair: 2}))
    passes.reconcile()
    value = passes.metrics.registry.get_sample_value
    assert value("imagejobs_repairs_total", {"repair": repair}) == 5
    assert value("imagejobs_repairs_total", {"repair": "deletions_finished"}) == 0
    assert value("imagejobs_repair_pass_seconds_count") == 3
    assert (value("imagejobs_repair_last_pass_timestamp_seconds") or 0) == pytest.approx(time.time(), abs=5)


def test_a_pass_that_an_outage_ended_is_no_last_pass() -> None:
    passes = Passes(MONGODB, MONGODB)
    passes.reconcile()
    value = passes.metrics.registry.get_sample_value
    assert value("imagejobs_repair_passes_cut_short_total", {"service": "mongodb"}) == 2
    assert value("imagejobs_repair_last_pass_timestamp_seconds") == 0
