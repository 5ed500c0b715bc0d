"""The guarantees as laws about each single change: which process may make it, and when."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.storage.keys import output_key, upload_stem
from worlds.job_world import MAX_ATTEMPTS, PENDING_AFTER

from protocol.actor import Actor, Call, Fault, Role
from protocol.end import check_state, is_owned
from protocol.stage import Stage

PENDING, PROCESSING = JobStatus.PENDING, JobStatus.PROCESSING
COMPLETED, FAILED, DELETING = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.DELETING
Records = Mapping[str, ImageJob]


def judged_step(stage: Stage, actor: Actor, fault: Fault | None = None) -> Actor:
    """Take one step of the actor and check it against the laws."""
    before = stage.records()
    actor = stage.step(actor, fault)
    after = stage.records()
    actor = check_step(before, after, actor, stage.called, stage.world.clock.time)
    check_state(stage.world)
    for job in (before[job_id] for job_id in before.keys() - after.keys()):
        left = job.status == DELETING and job.source_image_key in stage.world.storage.stored_keys()
        assert not left, f"the record of {job} is gone before its objects"
    if actor.is_done:
        check_result(actor)
    return actor


def check_step(before: Records, after: Records, actor: Actor, call: Call | None, now: datetime) -> Actor:
    """Check that the actor was allowed to make the changes of one call. Returns the actor with what it has marked and
    pushed."""
    for job_id in before.keys() | after.keys():
        if before.get(job_id) != after.get(job_id):
            _check_change(before.get(job_id), after.get(job_id), actor, now)
    marked = actor.marked | _marked(call)
    if call and call.name == "push":
        assert marked.issuperset(call.arguments[0]), (
            f"{actor.name} pushes what it has not marked, so others push it too"
        )
        marked -= set(call.arguments[0])
    if call and call.name == "delete" and actor.role == Role.SWEEP:
        assert not is_owned(call.arguments[0], after), "the sweep takes what a job refers to, or may come to refer to"
    return replace(actor, marked=marked)


def check_result(actor: Actor) -> None:
    """If a fenced worker's report was accepted, its attempt holds or ended the job. An upload's jobs are complete."""
    if actor.role == Role.WORKER and actor.is_fenced and isinstance(actor.result, ImageJob):
        assert actor.result.attempt == actor.attempt, f"{actor.name} got an answer for another attempt"
    if actor.role == Role.UPLOAD and isinstance(actor.result, list):
        assert all(job.status != DELETING for job in actor.result), f"{actor.name} is given a job that is being deleted"


def _marked(call: Call | None) -> frozenset[str]:
    """The job whose record this call marked as queued."""
    if call and call.name == "insert":
        return frozenset({call.arguments[0].id})
    if call and call.name == "change" and call.returned and call.arguments[1].change.values.get("enqueued_at"):
        return frozenset({call.arguments[0]})
    return frozenset()


def _check_change(old: ImageJob | None, new: ImageJob | None, actor: Actor, now: datetime) -> None:
    if old is None:
        assert new, "nothing becomes nothing"
        assert (actor.role, new.status, new.attempt) == (Role.UPLOAD, PENDING, 0), f"{new.id} appears by {actor.name}"
        assert upload_stem(new.source_image_key), "the sweep knows the names of sources"
    elif new is None:
        assert actor.role == Role.UPLOAD or old.status == DELETING, f"{actor.name} removes {old}"
    else:
        law = LAWS.get((old.status, new.status))
        assert law, f"{actor.name} makes {new.status} of {old}"
        assert law(old, new, actor, now), f"{actor.name} must not make {new} of {old} at {now}"
        assert new.attempt == old.attempt + ((old.status, new.status) == (PENDING, PROCESSING)), "a claim is an attempt"


def _is_mark(old: ImageJob, new: ImageJob, actor: Actor, now: datetime) -> bool:
    """A reconciler marks jobs that count as lost. A process that finds the queue unavailable removes the mark."""
    same = replace(new, enqueued_at=old.enqueued_at, updated_at=old.updated_at) == old
    if new.enqueued_at is None:
        return same and actor.role in {Role.REPAIR, Role.UPLOAD, Role.RETRY}
    is_lost = old.enqueued_at is None or old.enqueued_at < now - PENDING_AFTER
    return same and actor.role == Role.REPAIR and is_lost


def _is_sign_of_life(old: ImageJob, new: ImageJob, actor: Actor, _: datetime) -> bool:
    """A worker that hands back a job after its lease expired undoes the count of that lost lease, once."""
    said: dict[str, Any] = {"error_msg": new.error_msg, "error_code": new.error_code, "updated_at": new.updated_at}
    same = replace(old, lost_leases=old.lost_leases - 1, revision=new.revision, **said) == new
    return same and actor.is_fenced and _holds(old, actor) and not old.error_code and bool(new.error_code)


def _is_claim(old: ImageJob, new: ImageJob, actor: Actor, _: datetime) -> bool:
    return actor.role == Role.WORKER and new.lease_until is not None and new.lost_leases == old.lost_leases


def _is_renewal(old: ImageJob, new: ImageJob, actor: Actor, _: datetime) -> bool:
    same = replace(new, lease_until=old.lease_until, updated_at=old.updated_at) == old
    return same and actor.is_fenced and actor.attempt == old.attempt


def _holds(old: ImageJob, actor: Actor) -> bool:
    """Whether the worker may report for the job. A worker without a token always may."""
    return actor.role == Role.WORKER and (not actor.is_fenced or actor.attempt == old.attempt)


def _is_lost(old: ImageJob, new: ImageJob, now: datetime, *, for_good: bool) -> bool:
    """Whether the lease had expired and is counted, and the job failed exactly when MAX_ATTEMPTS leases were lost."""
    over = old.lease_until is not None and old.lease_until < now
    counted = new.lost_leases == old.lost_leases + 1
    pushed_next = for_good or new.enqueued_at is None
    return over and counted and pushed_next and for_good == (new.lost_leases == MAX_ATTEMPTS)


def _is_put_back(old: ImageJob, new: ImageJob, actor: Actor, now: datetime) -> bool:
    handed_back = actor.is_fenced and _holds(old, actor) and new.lost_leases == old.lost_leases
    return handed_back or _is_lost(old, new, now, for_good=False)


def _is_result(old: ImageJob, new: ImageJob, actor: Actor, _: datetime) -> bool:
    own = new.thumb_hash == f"attempt {actor.attempt}"
    return _holds(old, actor) and own and new.output_image_key == output_key(old.source_image_key, "optimized/")


def _is_failure(old: ImageJob, new: ImageJob, actor: Actor, now: datetime) -> bool:
    exhausted = new.error_code == "attempts_exhausted"
    return _is_lost(old, new, now, for_good=True) if exhausted else _holds(old, actor)


def _is_retry(_: ImageJob, new: ImageJob, actor: Actor, __: datetime) -> bool:
    return actor.role == Role.RETRY and new.lost_leases == 0


def _is_deletion(_: ImageJob, __: ImageJob, actor: Actor, ___: datetime) -> bool:
    return actor.role == Role.DELETE


def _is_postponed(old: ImageJob, new: ImageJob, actor: Actor, _: datetime) -> bool:
    """A reconciler that cannot finish a deletion moves it behind the others."""
    return actor.role == Role.REPAIR and replace(new, updated_at=old.updated_at) == old


LAWS: Mapping[tuple[JobStatus, JobStatus], Callable[[ImageJob, ImageJob, Actor, datetime], bool]] = {
    (PENDING, PENDING): lambda *change: _is_mark(*change) or _is_sign_of_life(*change),
    (PENDING, PROCESSING): _is_claim,
    (PENDING, FAILED): lambda _, __, actor, ___: actor.role == Role.WORKER and not actor.is_fenced,
    (PROCESSING, PROCESSING): _is_renewal,
    (PROCESSING, PENDING): _is_put_back,
    (PROCESSING, COMPLETED): _is_result,
    (PROCESSING, FAILED): _is_failure,
    (FAILED, PENDING): _is_retry,
    (DELETING, DELETING): _is_postponed,
    **{(status, DELETING): _is_deletion for status in JobStatus if status != DELETING},
}
"""Every way in which a record may change, with the kind of process that may do it and its condition."""
