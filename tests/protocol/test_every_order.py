"""The guarantees in every history of a few small systems: each order of their calls, a death at each step.

The tests assert how many states there are, so that a change that makes most of them unreachable is noticed.
"""

import logging
from collections.abc import Iterator

import pytest
from imagejobs.jobs.model import Failure
from worlds.job_world import LEASE, LEGACY_LEASE, MAX_ATTEMPTS, MILLISECOND, ORPHAN_AFTER, PENDING_AFTER

from protocol.acts import LEASE_SECONDS, Manner, delete, repair, retry, sweep, upload, worker
from protocol.exploration import explore
from protocol.stage import Stage

LEASE_OVER, LEGACY_LEASE_OVER = LEASE + MILLISECOND, LEGACY_LEASE + MILLISECOND
OVERDUE, ORPHANED = PENDING_AFTER + MILLISECOND, ORPHAN_AFTER + PENDING_AFTER


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of outages need not be logged."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def stage() -> Stage:
    """A stage where only writes are steps."""
    return Stage(reads_are_steps=False)


@pytest.fixture
def job(stage: Stage) -> str:
    """One accepted job."""
    return stage.world.created().id


def test_two_deliveries_and_a_reconciler(stage: Stage, job: str) -> None:
    actors = [worker("a", job), worker("b", job), repair("r")]
    assert explore(stage, actors, [LEASE_OVER, LEASE_OVER]).states > 10_000


def test_a_legacy_worker_beside_one_of_ours(stage: Stage, job: str) -> None:
    actors = [worker("a", job, is_fenced=False), worker("b", job), repair("r")]
    assert explore(stage, actors, [LEGACY_LEASE_OVER]).states > 2_000


@pytest.mark.parametrize("manner", [Manner.FAILING, Manner.HANDING_BACK, Manner.FORGETFUL, Manner.MISTAKEN])
def test_a_worker_that_does_not_complete_beside_one_that_does(stage: Stage, job: str, manner: Manner) -> None:
    actors = [worker("a", job, manner), worker("b", job), repair("r")]
    assert explore(stage, actors, [LEASE_OVER]).states > 800


def test_two_reconcilers_beside_a_worker_whose_message_was_lost(stage: Stage, job: str) -> None:
    stage.world.queue.messages.clear()
    actors = [repair("1"), repair("2"), worker("a", job)]
    assert explore(stage, actors, [OVERDUE, LEASE_OVER]).states > 900


def test_two_workers_that_fail_and_look_again_before_each_change() -> None:
    stage = Stage()
    job = stage.world.created().id
    actors = [worker("a", job, Manner.FAILING), worker("b", job, Manner.FAILING)]
    assert explore(stage, actors, [LEASE_OVER]).states > 100


def test_two_legacy_workers_with_different_results(stage: Stage, job: str) -> None:
    actors = [worker(name, job, Manner.ELSEWHERE, is_fenced=False) for name in "ab"]
    assert explore(stage, actors, [LEGACY_LEASE_OVER]).states > 100


def test_two_reconcilers_beside_two_workers_that_die(stage: Stage, job: str) -> None:
    actors = [worker("a", job, Manner.DYING), worker("b", job, Manner.DYING), repair("1"), repair("2")]
    assert explore(stage, actors, [LEASE_OVER]).states > 400


def test_a_job_whose_last_attempt_but_one_was_lost(stage: Stage, job: str) -> None:
    for _ in range(MAX_ATTEMPTS - 1):
        stage.world.attempts.claim(job, LEASE_SECONDS)
        stage.world.clock.advance(LEASE_OVER)
        stage.world.repair.run_once()
    actors = [worker("a", job), worker("b", job, Manner.DYING), repair("1"), repair("2")]
    assert explore(stage, actors, [LEASE_OVER]).states > 1_000


def test_a_deletion_beside_a_worker_and_a_sweep(stage: Stage, job: str) -> None:
    actors = [worker("a", job), delete("d", job), sweep("s")]
    assert explore(stage, actors, [ORPHANED]).states > 400


def test_a_sweep_beside_an_upload_that_has_no_record_yet(stage: Stage) -> None:
    assert explore(stage, [upload("1"), sweep("s")], [OVERDUE]).states > 40


def test_two_deletions_that_services_cut_short(stage: Stage, job: str) -> None:
    actors = [delete("1", job), delete("2", job), repair("r")]
    assert explore(stage, actors, [OVERDUE], faults=1).states > 100


def test_a_failed_job_that_is_retried_twice_at_once(stage: Stage, job: str) -> None:
    stage.world.attempts.fail(job, None, Failure("the file is damaged"))
    actors = [retry("1", job), retry("2", job), worker("a", job), repair("r")]
    assert explore(stage, actors, [OVERDUE]).states > 1_500


def test_a_retry_whose_calls_fail_while_a_worker_is_there(stage: Stage, job: str) -> None:
    stage.world.attempts.fail(job, None, Failure("the file is damaged"))
    actors = [retry("1", job), worker("a", job)]
    assert explore(stage, actors, faults=1).states > 80


def test_two_deliveries_whose_calls_fail(stage: Stage, job: str) -> None:
    actors = [worker("a", job), worker("b", job)]
    assert explore(stage, actors, [LEASE_OVER], faults=1).states > 1_000


def test_an_upload_whose_calls_fail(stage: Stage) -> None:
    actors = [upload("1", images=2), repair("r")]
    assert explore(stage, actors, [OVERDUE], faults=1).states > 1_500


def test_an_upload_under_the_key_of_a_job_that_is_being_deleted(stage: Stage) -> None:
    job = stage.world.create(key="k")[0].id
    actors = [delete("d", job), upload("1", key="k"), repair("r")]
    assert explore(stage, actors, [OVERDUE]).states > 100


def test_an_upload_that_a_client_sends_again_under_its_key(stage: Stage) -> None:
    actors = [upload("1", key="k"), upload("2", key="k")]
    assert explore(stage, actors, faults=1).states > 100
