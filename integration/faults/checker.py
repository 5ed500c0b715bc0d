"""The promise, sentence by sentence, over a finished history. Each function returns its violations as sentences."""

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
    """An object of the storage, and whether it is, or decodes and shows, what its job's client uploaded."""

    size: int
    shows_its_source: bool


@dataclass(frozen=True)
class Finished:
    """All that is known once a system has come to rest: the clients' requests, and the rest of their jobs only."""

    requests: Sequence[Request]
    states: Mapping[str, Sequence[State]] = field(default_factory=dict)
    records: Mapping[str, State] = field(default_factory=dict)
    objects: Mapping[str, SeenObject] = field(default_factory=dict)
    sightings: Sightings = field(default_factory=Sightings)

    def pictures(self) -> dict[str, MarkedPicture]:
        """By the hash of what was uploaded."""
        return {each.picture.sha256: each.picture for each in of_kind(self.requests, Kind.UPLOAD) if each.picture}

    def about(self, kind: Kind, job_id: str) -> list[Request]:
        """The requests of a kind for one job that may have been carried out."""
        return self._by_job.get((kind, job_id), [])

    @cached_property
    def _by_job(self) -> dict[tuple[Kind, str | None], list[Request]]:
        found: dict[tuple[Kind, str | None], list[Request]] = {}
        for each in self.requests:
            if not each.was_refused:
                found.setdefault((each.kind, each.job_id), []).append(each)
        return found


def lost_uploads(finished: Finished) -> Iterator[str]:
    """Every accepted upload has its record, unless a client deleted it."""
    deleted = {each.job_id for each in of_kind(finished.requests, Kind.DELETE) if not each.was_refused}
    for upload in of_kind(finished.requests, Kind.UPLOAD):
        if not upload.was_accepted or upload.job_id is None:
            continue
        record = finished.records.get(upload.job_id)
        if record is None and upload.job_id not in deleted:
            yield f"job {upload.job_id} was accepted and has no record"


def unfinished_jobs(finished: Finished) -> Iterator[str]:
    """Whatever has a record ends, whether a client knows of it or not."""
    for job_id, record in finished.records.items():
        if not record.has_ended:
            yield f"job {job_id} is {record.status} for ever"


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
    """What the API said is deleted has neither a record nor objects."""
    deletions = (each for each in of_kind(finished.requests, Kind.DELETE) if each.was_accepted)
    for job_id in {each.job_id for each in deletions if each.job_id}:
        if job_id in finished.records:
            yield f"job {job_id} was deleted and is {finished.records[job_id].status}"
        sources = {state.source_key for state in finished.states.get(job_id, ())}
        outputs = {key for state in finished.states.get(job_id, ()) for key in state.sizes}
        for key in (sources | outputs) & finished.objects.keys():
            yield f"job {job_id} was deleted and {key} is still there"


def illegal_transitions(finished: Finished) -> Iterator[str]:
    """A state follows from the one before it by the table; what only clients may do, they asked for."""
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
    """The attempt never decreases, and there is none without a claim."""
    for job_id, states in finished.states.items():
        for before, after in pairwise(states):
            if after.attempt < before.attempt:
                yield f"job {job_id} went from attempt {before.attempt} back to {after.attempt}"
        if any(state.attempt < 1 for state in states if state.status in {"PROCESSING", "COMPLETED"}):
            yield f"job {job_id} was worked on in no attempt"


def replaced_results(finished: Finished) -> Iterator[str]:
    """One attempt wins, and its result stays: nothing is recorded over it."""
    for job_id, states in finished.states.items():
        results = {state.result for state in states if state.status == "COMPLETED"}
        if len(results) > 1:
            yield f"job {job_id} has had {len(results)} results: {sorted(results, key=repr)}"


def wrong_winners(finished: Finished) -> Iterator[str]:
    """Of a job's attempts at most one has its result accepted: the last one, which the record names."""
    for job_id, record in finished.records.items():
        winners = set(finished.sightings.accepted.get(job_id, ()))
        if len(winners) > 1:
            yield f"job {job_id}: the results of attempts {sorted(winners)} were accepted"
        if winners and (record.status != "COMPLETED" or winners != {record.attempt}):
            yield f"job {job_id} is {record.status} in attempt {record.attempt}, but accepted {sorted(winners)}"


def wrong_objects(finished: Finished) -> Iterator[str]:
    """COMPLETED means that the objects exist, decode, are of the job's own source and as large as recorded.

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
    """The source of a job stays as it was uploaded."""
    for job_id, record in finished.records.items():
        found = finished.objects.get(record.source_key)
        if found is None:
            yield f"job {job_id} lost its source {record.source_key}"
        elif not found.shows_its_source:
            yield f"job {job_id} has another source than was uploaded"


def undeserved_failures(finished: Finished) -> Iterator[str]:
    """Nothing is FAILED that is not at fault."""
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
    """Everything that is not as promised."""
    return [sentence for check in SENTENCES for sentence in check(finished)]


def _reachable(begin: JobStatus, asked: Collection[Kind]) -> set[JobStatus]:
    """The states that may follow, through others that were not seen, if clients asked for no more than this."""
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
