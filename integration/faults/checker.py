"""Checks a finished history against each sentence of the promise. Each function yields its violations as text."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from imagejobs.jobs.model import LEGAL_TRANSITIONS, JobStatus

from faults.history import Kind, Request, State, of_kind
from faults.marked_pictures import MarkedPicture
from faults.witness import Sightings


@dataclass(frozen=True)
class SeenObject:
    """An object in the storage. `shows_its_source`: it is the upload itself, or a result that shows the upload."""

    size: int
    shows_its_source: bool


@dataclass(frozen=True)
class Finished:
    """Everything known about a trial after its system has settled, restricted to the jobs of the trial's clients."""

    requests: Sequence[Request]
    states: Mapping[str, Sequence[State]] = field(default_factory=dict)
    records: Mapping[str, State] = field(default_factory=dict)
    objects: Mapping[str, SeenObject] = field(default_factory=dict)
    sightings: Sightings = field(default_factory=Sightings)

    def pictures(self) -> dict[str, MarkedPicture]:
        """The uploaded images by the SHA-256 of their file."""
        return {each.picture.sha256: each.picture for each in of_kind(self.requests, Kind.UPLOAD) if each.picture}

    def about(self, kind: Kind, job_id: str) -> list[Request]:
        """The requests of this kind for one job, without those that were certainly refused."""
        return self._by_job.get((kind, job_id), [])

    @cached_property
    def _by_job(self) -> dict[tuple[Kind, str | None], list[Request]]:
        found: dict[tuple[Kind, str | None], list[Request]] = {}
        for each in self.requests:
            if not each.was_refused:
                found.setdefault((each.kind, each.job_id), []).append(each)
        return found


def lost_uploads(finished: Finished) -> Iterator[str]:
    """Every accepted upload has a record, unless a client deleted the job."""
    deleted = {each.job_id for each in of_kind(finished.requests, Kind.DELETE) if not each.was_refused}
    for upload in of_kind(finished.requests, Kind.UPLOAD):
        if not upload.was_accepted or upload.job_id is None:
            continue
        record = finished.records.get(upload.job_id)
        if record is None and upload.job_id not in deleted:
            yield f"job {upload.job_id} was accepted and has no record"


def unfinished_jobs(finished: Finished) -> Iterator[str]:
    """Every job that has a record ends, even one that no client knows of."""
    for job_id, record in finished.records.items():
        if not record.has_ended:
            yield f"job {job_id} is still {record.status}"


def unwanted_records(finished: Finished) -> Iterator[str]:
    """A refused upload leaves no record, and no upload leaves two."""
    refused = {
        each.picture.sha256 for each in of_kind(finished.requests, Kind.UPLOAD) if each.was_refused and each.picture
    }
    by_source = Counter(record.source_sha256 for record in finished.records.values())
    for record in finished.records.values():
        if record.source_sha256 in refused:
            yield f"job {record.job_id} is {record.status}, but its upload was refused"
    yield from (f"{count} jobs were made of one upload ({source})" for source, count in by_source.items() if count > 1)


def undeleted_jobs(finished: Finished) -> Iterator[str]:
    """A job whose deletion was accepted has neither a record nor objects."""
    deletions = (each for each in of_kind(finished.requests, Kind.DELETE) if each.was_accepted)
    for job_id in {each.job_id for each in deletions if each.job_id}:
        if job_id in finished.records:
            yield f"job {job_id} was deleted and is {finished.records[job_id].status}"
        sources = {state.source_key for state in finished.states.get(job_id, ())}
        outputs = {key for state in finished.states.get(job_id, ()) for key in state.sizes}
        for key in (sources | outputs) & finished.objects.keys():
            yield f"job {job_id} was deleted and {key} is still there"


def illegal_transitions(finished: Finished) -> Iterator[str]:
    """Each change of status is legal. A retry or a deletion happens only if a client asked for it."""
    for job_id, states in finished.states.items():
        for before, after in pairwise(states):
            asked = {
                kind
                for kind in (Kind.RETRY, Kind.DELETE)
                for request in finished.about(kind, job_id)
                if request.may_have_happened_between(before.asked_at, after.seen_at)
            }
            if JobStatus(after.status) not in _reachable(JobStatus(before.status), asked):
                yield f"job {job_id} went from {before.status} to {after.status}; clients asked for {sorted(asked)}"


def attempts_gone_back(finished: Finished) -> Iterator[str]:
    """The attempt number never decreases, and work on a job starts only with a claim, which is attempt 1 or later."""
    for job_id, states in finished.states.items():
        for before, after in pairwise(states):
            if after.attempt < before.attempt:
                yield f"job {job_id} went from attempt {before.attempt} back to {after.attempt}"
        if any(state.attempt < 1 for state in states if state.status in {"PROCESSING", "COMPLETED"}):
            yield f"job {job_id} was worked on in no attempt"


def replaced_results(finished: Finished) -> Iterator[str]:
    """The result of a COMPLETED job is never replaced."""
    for job_id, states in finished.states.items():
        results = {state.result for state in states if state.status == "COMPLETED"}
        if len(results) > 1:
            yield f"job {job_id} has had {len(results)} results: {sorted(results, key=repr)}"


def wrong_winners(finished: Finished) -> Iterator[str]:
    """The API accepts the result of at most one attempt: the last one, whose number is in the record."""
    for job_id, record in finished.records.items():
        winners = set(finished.sightings.accepted.get(job_id, ()))
        if len(winners) > 1:
            yield f"job {job_id}: the results of attempts {sorted(winners)} were accepted"
        if winners and (record.status != "COMPLETED" or winners != {record.attempt}):
            yield f"job {job_id} is {record.status} in attempt {record.attempt}, but accepted {sorted(winners)}"


def wrong_objects(finished: Finished) -> Iterator[str]:
    """Every object of a COMPLETED job exists, decodes, shows the job's source and has the recorded size.

    A legacy worker records no size.
    """
    for job_id, record in finished.records.items():
        if record.status != "COMPLETED":
            continue
        if not record.output_key:
            yield f"job {job_id} is COMPLETED and has no output"
        for key, size in record.sizes.items():
            found = finished.objects.get(key)
            if found is None:
                yield f"job {job_id} is COMPLETED, but {key} is missing"
            elif not found.shows_its_source:
                yield f"job {job_id} is COMPLETED, but {key} does not show its source"
            elif size not in {None, found.size}:
                yield f"job {job_id} is COMPLETED, but {key} has {found.size} bytes instead of {size}"


def missing_sources(finished: Finished) -> Iterator[str]:
    """The source of a job stays as the client uploaded it."""
    for job_id, record in finished.records.items():
        found = finished.objects.get(record.source_key)
        if found is None:
            yield f"job {job_id} lost its source {record.source_key}"
        elif not found.shows_its_source:
            yield f"job {job_id} has a source that differs from the upload"


def undeserved_failures(finished: Finished) -> Iterator[str]:
    """Only a job whose image cannot be converted becomes FAILED."""
    pictures = finished.pictures()
    for job_id, record in finished.records.items():
        picture = pictures.get(record.source_sha256 or "")
        if record.status == "FAILED" and picture is not None and picture.can_succeed:
            yield f"job {job_id} is FAILED ({record.error_code}), and nothing is wrong with its picture"


SENTENCES: tuple[Callable[[Finished], Iterable[str]], ...] = (
    lost_uploads,
    unfinished_jobs,
    unwanted_records,
    undeleted_jobs,
    illegal_transitions,
    attempts_gone_back,
    replaced_results,
    wrong_winners,
    wrong_objects,
    missing_sources,
    undeserved_failures,
)


def violations(finished: Finished) -> list[str]:
    """Every violation of the promise in this history."""
    return [sentence for check in SENTENCES for sentence in check(finished)]


def _reachable(begin: JobStatus, asked: Collection[Kind]) -> set[JobStatus]:
    """The states that may follow `begin`, unseen ones in between included, given what clients asked for."""
    found, new = {begin}, {begin}
    while new:
        new = {after for before in new for after in _after(before, asked)} - found
        found |= new
    return found


def _after(before: JobStatus, asked: Collection[Kind]) -> Iterator[JobStatus]:
    for after in LEGAL_TRANSITIONS[before]:
        is_retry = before == JobStatus.FAILED and after == JobStatus.PENDING
        is_deletion = after == JobStatus.DELETING
        if (not is_retry or Kind.RETRY in asked) and (not is_deletion or Kind.DELETE in asked):
            yield after
