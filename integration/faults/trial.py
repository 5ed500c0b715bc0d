"""A trial: faults injected while clients upload, then a check of every sentence of the promise."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2
from imagejobs.storage.object_storage import ObjectNotFound, ObjectStorage

from faults.checker import Finished, SeenObject
from faults.clients import Clients
from faults.figures import Figures, of_trial
from faults.history import History, State
from faults.marked_pictures import MarkedPicture
from faults.recorder import Recorder
from faults.witness import Witness

MAX_BYTES = 25_000_000
READERS = 8


@dataclass(frozen=True)
class Trial:
    """The trial's clients, and the observations of their jobs."""

    name: str
    clients: Clients
    recorder: Recorder
    witness: Witness
    storage: ObjectStorage
    history: History = field(default_factory=History)

    @classmethod
    def begun(
        cls, name: str, http: httpx2.Client, recorder: Recorder, witness: Witness, storage: ObjectStorage
    ) -> "Trial":
        """A trial with an empty history."""
        history = History()
        return cls(name, Clients(http, history), recorder, witness, storage, history)

    def inject(self) -> None:
        """Record that the fault is injected now."""
        self.history.inject(self.name)

    def states(self, job_id: str) -> Sequence[State]:
        """The states of one job observed so far."""
        self.recorder.look_at(job_id)
        return self.recorder.states.get(job_id, ())

    def has_ended(self, job_id: str) -> bool:
        """Whether the job's last observed state is COMPLETED or FAILED."""
        seen = self.recorder.states.get(job_id)
        states = seen if seen and seen[-1].has_ended else self.states(job_id)
        return bool(states) and states[-1].has_ended

    def finished(self) -> Finished:
        """Everything known about the trial. Call it after all jobs have ended."""
        records = self.recorder.read_all()
        pictures = Finished(self.history.requests).pictures()
        own = {request.job_id for request in self.history.requests if request.job_id}
        own |= {job_id for job_id, record in records.items() if record.source_sha256 in pictures}
        states = {job_id: states for job_id, states in self.recorder.states.items() if job_id in own}
        return Finished(
            self.history.requests,
            states,
            {job_id: record for job_id, record in records.items() if job_id in own},
            self._objects(states, pictures),
            self.witness.sightings(),
        )

    def figures(self, finished: Finished, violations: Sequence[str]) -> Figures:
        """The trial's published figures."""
        return of_trial(self.name, self.history.faults, finished, violations)

    def _objects(
        self, states: Mapping[str, Sequence[State]], pictures: Mapping[str, MarkedPicture]
    ) -> dict[str, SeenObject]:
        wanted = dict(_expected(states, pictures))
        with ThreadPoolExecutor(READERS) as readers:
            seen = zip(wanted, readers.map(self._look, wanted, wanted.values()), strict=True)
            return {key: found for key, found in seen if found is not None}

    def _look(self, key: str, picture: MarkedPicture) -> SeenObject | None:
        try:
            data = self.storage.get(key, MAX_BYTES)
        except ObjectNotFound:
            return None
        return SeenObject(len(data), _shows(key, data, picture))


def _expected(
    states: Mapping[str, Sequence[State]], pictures: Mapping[str, MarkedPicture]
) -> Iterator[tuple[str, MarkedPicture]]:
    """Each key that a record ever contained, with the image that its object should show."""
    for each in (state for seen in states.values() for state in seen):
        picture = pictures.get(each.source_sha256 or "")
        if picture is not None:
            yield from ((key, picture) for key in (each.source_key, *each.sizes))


def _shows(key: str, data: bytes, picture: MarkedPicture) -> bool:
    if key.startswith("raw/"):
        return hashlib.sha256(data).hexdigest() == picture.sha256
    try:
        return picture.is_shown_by(data)
    except OSError:
        return False
