"""Removes orphans: objects that no job refers to, left by a crash between an upload and its record or in a deletion.

Any number of sweeps may run at once, beside everything else. An object is deleted only if its name is one that the
objects of jobs have, if it is old by the storage's clock and by the time in its name, and if no record refers to it.
The records are queried again right before the deletion.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.jobs.upkeep.references import OutputReferences, References, SourceReferences
from imagejobs.storage.keys import named_at
from imagejobs.storage.object_storage import ObjectInfo, ObjectStorage

logger = logging.getLogger(__name__)

BATCH = 500
"""Objects of one listing and one query."""
SUSPICIOUS = 100
"""A batch with this many orphans is held back if they are more than half of its old objects. A crash leaves single
orphans. If most objects are orphans, the database was restored from a backup or belongs to another deployment."""


class Kind(StrEnum):
    """The prefix of an object."""

    SOURCE = "raw"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class SweepPolicy:
    """Which objects a sweep examines. See docs/reference/settings.md."""

    output_prefix: str
    orphan_after: timedelta


@dataclass(frozen=True, slots=True)
class Swept:
    """How many objects were found in each state. `bytes` is the size of the orphans."""

    foreign: int = 0
    young: int = 0
    referenced: int = 0
    orphans: int = 0
    held_back: int = 0
    deleted: int = 0
    bytes: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        """The sum of both."""
        more = asdict(other)
        return Swept(**{name: count + more[name] for name, count in asdict(self).items()})

    @property
    def objects(self) -> int:
        """How many objects were examined."""
        return self.foreign + self.young + self.referenced + self.orphans + self.held_back


class Sweep:
    """Passes over a storage and its records."""

    def __init__(self, repository: ImageJobRepository, storage: ObjectStorage, policy: SweepPolicy) -> None:
        self._repository = repository
        self._storage = storage
        self._orphan_after = policy.orphan_after
        self._references: dict[Kind, References] = {
            Kind.SOURCE: SourceReferences(repository),
            Kind.OUTPUT: OutputReferences(repository, policy.output_prefix),
        }

    def run(self, *, dry_run: bool = False, hold_back: bool = True) -> Iterator[tuple[Kind, Swept]]:
        """Sweep in batches of at most BATCH objects, and yield what each batch came to.

        With `dry_run` nothing is deleted. Without `hold_back` SUSPICIOUS numbers of orphans are deleted too. Raises
        BackingServiceUnavailable; the batches before stay done, and the next pass does the rest.
        """
        for kind, references in self._references.items():
            for batch in _batches(self._storage.list(references.prefix)):
                yield kind, self._sweep(batch, references, dry_run=dry_run, hold_back=hold_back)

    def _sweep(self, batch: Sequence[ObjectInfo], references: References, *, dry_run: bool, hold_back: bool) -> Swept:
        ours = [(info, stem) for info in batch if (stem := references.stem(info.key))]
        before = self._repository.now() - self._orphan_after
        old = [info for info, stem in ours if _is_older(info, stem, before)]
        referenced = references.among([info.key for info in old]) if old else frozenset()
        lost = [info for info in old if info.key not in referenced]
        seen = Swept(foreign=len(batch) - len(ours), young=len(ours) - len(old), referenced=len(old) - len(lost))
        if hold_back and len(lost) >= SUSPICIOUS and 2 * len(lost) > len(old):
            logger.warning(
                "%d of %d old objects, the first of them %s, have no record: nothing is deleted. If this MongoDB and "
                "this storage belong together, delete them with: imagejobs sweep --all",
                len(lost),
                len(old),
                lost[0].key,
            )
            return seen + Swept(held_back=len(lost))
        return sum((self._remove(info, references, dry_run=dry_run) for info in lost), seen)

    def _remove(self, info: ObjectInfo, references: References, *, dry_run: bool) -> Swept:
        if references.includes(info.key):
            return Swept(referenced=1)
        if not dry_run:
            self._storage.delete(info.key)
            logger.info("deleted the orphan %s: %d bytes, modified %s", info.key, info.size, info.modified_at)
        return Swept(orphans=1, deleted=int(not dry_run), bytes=info.size)


def _is_older(info: ObjectInfo, stem: str, moment: datetime) -> bool:
    """Whether both the storage's clock and the time in the name, the database's, say that the object is older."""
    return info.modified_at < moment and named_at(stem) < moment


def _batches(infos: Iterable[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    rest = iter(infos)
    while batch := list(islice(rest, BATCH)):
        yield batch
