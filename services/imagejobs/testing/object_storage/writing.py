"""What `put` and `delete` do."""

import io

import pytest

from imagejobs.storage.object_storage import ObjectNotFound, ObjectStorage
from imagejobs.testing.object_storage.samples import OUTPUT, RAW, put


class Writing:
    """Part of ObjectStorageSuite."""

    def test_an_object_reads_back_as_it_was_written(self, storage: ObjectStorage) -> None:
        body = bytes(range(256)) * 1000
        put(storage, RAW, body)
        assert storage.get(RAW, len(body)) == body

    def test_an_object_may_be_empty(self, storage: ObjectStorage) -> None:
        put(storage, RAW, b"")
        assert storage.get(RAW, 10) == b""
        assert storage.head(RAW).size == 0

    def test_a_body_is_read_from_the_current_position_and_no_further(self, storage: ObjectStorage) -> None:
        data = io.BytesIO(b"skipped|body|rest")
        data.seek(8)
        storage.put(RAW, data, 4, "image/jpeg")
        assert storage.get(RAW, 10) == b"body"

    def test_a_body_that_ends_early_is_refused_and_the_old_object_stays(self, storage: ObjectStorage) -> None:
        put(storage, RAW, b"old")
        with pytest.raises(ValueError, match="10 bytes"):
            storage.put(RAW, io.BytesIO(b"short"), 10, "image/jpeg")
        assert storage.get(RAW, 10) == b"old"

    def test_a_second_put_replaces_the_first(self, storage: ObjectStorage) -> None:
        put(storage, OUTPUT, b"a long first version")
        put(storage, OUTPUT, b"second")
        assert storage.get(OUTPUT, 100) == b"second"

    def test_delete_removes_an_object_and_accepts_a_missing_one(self, storage: ObjectStorage) -> None:
        put(storage, RAW)
        storage.delete(RAW)
        storage.delete(RAW)
        with pytest.raises(ObjectNotFound):
            storage.head(RAW)
