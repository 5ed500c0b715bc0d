"""The objects of a job, and the check of those that a worker reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagejobs.jobs.errors import OutputNotAccepted
from imagejobs.jobs.model import ImageJob, Output
from imagejobs.storage.keys import is_raw_key, is_rendition_of, is_safe_key, output_key, rendition_key
from imagejobs.storage.object_storage import ObjectNotFound, ObjectStorage


def keys_of(job: ImageJob, output_prefix: str, renditions: Sequence[int]) -> set[str]:
    """The keys of the source, and of every output that is recorded or may have been uploaded.

    Only keys under raw/ and the output prefix: a record of another program must not cause other objects to be deleted.
    """
    keys: set[str] = set()
    if is_raw_key(job.source_image_key):
        output = output_key(job.source_image_key, output_prefix)
        keys = {job.source_image_key, output, *(rendition_key(output, side) for side in renditions)}
    return keys | {key for key in job.output_keys if is_safe_key(key) and key.startswith(output_prefix)}


def recorded_sizes(
    key: str, renditions: Sequence[Mapping[str, Any]] | None, receipt: Mapping[str, Any] | None
) -> dict[str, int | None]:
    """Every key of a result with the size of its object in bytes, or None if the result has no size.

    Results of other programs may lack any part.
    """
    sizes: dict[str, int | None] = {each["key"]: each.get("bytes") for each in renditions or () if each.get("key")}
    output = (receipt or {}).get("output")
    whole = output.get("bytes") if isinstance(output, Mapping) else None
    return {**sizes, key: whole or sizes.get(key)}


@dataclass(frozen=True, slots=True)
class OutputCheck:
    """Decides whether a worker's output is accepted.

    Every key must be under the output prefix. If the worker sent an attempt, each key must also be the job's own, and
    each object must exist in storage with the reported size. If the worker sent none, the objects are checked only with
    `checks_legacy`.
    """

    storage: ObjectStorage
    prefix: str
    checks_legacy: bool = False

    def require_accepted(self, job: ImageJob, attempt: int | None, output: Output) -> None:
        """Raise OutputNotAccepted, or StorageUnavailable."""
        sizes = recorded_sizes(output.key, output.renditions, output.receipt)
        for key in sizes:
            self._require_place(key)
        if attempt is not None:
            self._require_own(job, output.key, sizes)
        if attempt is not None or self.checks_legacy:
            for key, claimed in sizes.items():
                self._require_object(key, claimed)

    def _require_place(self, key: str) -> None:
        if not is_safe_key(key):
            raise OutputNotAccepted(
                f"The key {key!r} may contain only letters, digits, '-', '_', '.' and '/', and no segment may be empty "
                "or start with a dot."
            )
        if not key.startswith(self.prefix):
            raise OutputNotAccepted(f"The key {key!r} must start with this server's OUTPUT_PREFIX, {self.prefix!r}.")

    def _require_own(self, job: ImageJob, key: str, all_keys: Mapping[str, int | None]) -> None:
        expected = output_key(job.source_image_key, self.prefix)
        if key != expected:
            raise OutputNotAccepted(f"outputImageKey {key!r} is not that of image job {job.id}, which is {expected!r}.")
        for each in all_keys:
            if not is_rendition_of(each, expected):
                raise OutputNotAccepted(f"The rendition {each!r} does not belong to image job {job.id}.")

    def _require_object(self, key: str, claimed: int | None) -> None:
        try:
            size = self.storage.head(key).size
        except ObjectNotFound:
            raise OutputNotAccepted(f"The object {key!r} is not in storage. Upload it first.") from None
        if claimed not in {None, size}:
            raise OutputNotAccepted(f"The object {key!r} has {size} bytes, but {claimed} were reported.")
