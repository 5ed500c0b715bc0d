"""Tries each right of the storage's credentials by itself, so that every missing right is named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from imagejobs.cli.checks.objects import DATA, doing, new_key, put
from imagejobs.errors import ConfigurationError
from imagejobs.storage.object_storage import AccessRefused, ObjectNotFound, ObjectStorage

NEEDS: Mapping[str, str] = {
    "write": "the API stores uploads, workers store results",
    "read": "workers fetch uploads, the API checks that a result exists",
    "list": "the sweep finds orphans; without this right S3 answers 403 instead of 404 for a missing object",
    "delete": "the API and the sweep delete objects that no job needs",
    "look up": "/readyz asks for the bucket; the right to list the whole bucket includes this",
}
"""What needs each right."""


def try_rights(storage: ObjectStorage, prefixes: Iterable[str]) -> None:
    """Write, list, read and delete an object under each prefix, and look up the bucket.

    Raises ConfigurationError that names each missing right and what needs it, or another failure.
    """
    trials = _Trials(storage)
    for prefix in prefixes:
        trials.under(prefix)
    trials.allowed("look up", "the bucket", storage.ping)
    if trials.refused:
        raise ConfigurationError(trials.summary())


@dataclass
class _Trials:
    """The refused places by right, the trials that were impossible, and the objects that could not be deleted."""

    storage: ObjectStorage
    refused: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reason: str = ""

    def under(self, prefix: str) -> None:
        """Try every right with one object."""
        key = new_key(prefix)
        is_written = self.allowed("write", prefix, lambda: put(self.storage, key), key)
        try:
            is_listed = self.allowed("list", prefix, lambda: _list(self.storage, key, is_written), key)
            if is_written or is_listed:
                self.allowed("read", prefix, lambda: _read(self.storage, key, is_written), key)
            else:
                self.unknown.append(f"read under {prefix}")
        finally:
            if not self.allowed("delete", prefix, lambda: self.storage.delete(key), key) and is_written:
                self.left.append(key)

    def allowed(self, right: str, place: str, trial: Callable[[], object], key: str = "the bucket") -> bool:
        """Whether the storage allows the trial. Raises ConfigurationError if it fails for another reason."""
        try:
            with doing(right, key):
                trial()
        except AccessRefused as error:
            self.refused.setdefault(right, []).append(place)
            self.reason = str(error.reason)
            return False
        return True

    def summary(self) -> str:
        """All missing rights in one line."""
        missing = [
            f"{right} {'' if right == 'look up' else 'under '}{' and '.join(places)} ({NEEDS[right]})"
            for right, places in self.refused.items()
        ]
        parts = [f"the credentials of the storage may not {', '.join(missing)}", self.reason]
        parts += [f"not tried without these: {', '.join(self.unknown)}"] if self.unknown else []
        parts += [f"remove by hand: {', '.join(self.left)}"] if self.left else []
        return "; ".join(parts)


def _read(storage: ObjectStorage, key: str, is_written: bool) -> None:
    try:
        read = storage.get(key, len(DATA))
    except ObjectNotFound:
        if is_written:
            raise
        return
    if read != DATA:
        raise ConfigurationError(f"storage answered other bytes than were written to {key}")


def _list(storage: ObjectStorage, key: str, is_written: bool) -> None:
    listed = [each.key for each in storage.list(key)]
    if is_written and listed != [key]:
        raise ConfigurationError(f"storage does not list {key}, which was just written")
