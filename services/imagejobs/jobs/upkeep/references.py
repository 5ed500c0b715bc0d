"""Which stored objects the records refer to: for many keys in one query, and for one key before its deletion."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.storage.keys import RAW_PREFIX, output_of_rendition, result_stem, upload_stem


class References(Protocol):
    """The references of records to the objects under one prefix."""

    prefix: str

    def stem(self, key: str) -> str | None:
        """The part of the key that names the upload; None if a job's object cannot have this key."""

    def among(self, keys: Sequence[str]) -> AbstractSet[str]:
        """The keys among these that a record has, by one query."""

    def includes(self, key: str) -> bool:
        """Whether a job has this object, or may still get it."""


class SourceReferences:
    """References to uploads. A job keeps its source in every status, also when it is FAILED: a retry needs it."""

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
    """References to outputs and renditions. A job that is not COMPLETED may get what a worker is uploading now."""

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
