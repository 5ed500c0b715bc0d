"""Which objects of the storage the records refer to: asked for many at once, and for one before it is deleted."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.storage.keys import RAW_PREFIX, output_of_rendition, result_stem, upload_stem


class References(Protocol):
    """What the records say of the objects under one prefix."""

    prefix: str

    def stem(self, key: str) -> str | None:
        """What names the upload that the object goes back to; None if no job's object is called so."""

    def among(self, keys: Sequence[str]) -> AbstractSet[str]:
        """Those of these keys that are recorded, by one query."""

    def includes(self, key: str) -> bool:
        """Whether a job has this object, or may come to it."""


class SourceReferences:
    """Uploads. A source is a job's in every status, FAILED too: a retry needs it."""

    def __init__(self, repository: ImageJobRepository) -> None:
        self.prefix = RAW_PREFIX
        self._repository = repository

    def stem(self, key: str) -> str | None:
        return upload_stem(key)

    def among(self, keys: Sequence[str]) -> AbstractSet[str]:
        return self._repository.sources_among(keys)

    def includes(self, key: str) -> bool:
        return bool(self._repository.sources_among([key]))


class OutputReferences:
    """Outputs and their renditions. To a job that has not COMPLETED belongs what a worker may just have uploaded."""

    def __init__(self, repository: ImageJobRepository, prefix: str) -> None:
        self.prefix = prefix
        self._repository = repository

    def stem(self, key: str) -> str | None:
        return result_stem(key, self.prefix)

    def among(self, keys: Sequence[str]) -> AbstractSet[str]:
        outputs = {*keys, *map(output_of_rendition, keys)}
        return self._repository.outputs_among(sorted(outputs)) & set(keys)

    def includes(self, key: str) -> bool:
        return self._repository.is_output(key, f"{RAW_PREFIX}{self.stem(key)}.")
