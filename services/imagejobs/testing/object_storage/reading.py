"""What `get` and `head` answer, for missing objects too."""

from datetime import UTC, datetime, timedelta

import pytest

from imagejobs.storage.object_storage import ObjectNotFound, ObjectStorage, ObjectTooLarge
from imagejobs.testing.object_storage.samples import OUTPUT, RAW, put


class Reading:
    """Part of ObjectStorageSuite."""

    def test_head_returns_size_type_and_time(self, storage: ObjectStorage) -> None:
        put(storage, OUTPUT, b"12345", "image/webp")
        info = storage.head(OUTPUT)
        assert (info.key, info.size, info.content_type) == (OUTPUT, 5, "image/webp")
        assert abs(datetime.now(UTC) - info.modified_at) < timedelta(seconds=5)

    def test_a_missing_object_is_not_found_and_named(self, storage: ObjectStorage) -> None:
        with pytest.raises(ObjectNotFound, match=RAW):
            storage.get(RAW, 10)
        with pytest.raises(ObjectNotFound, match=RAW):
            storage.head(RAW)

    def test_a_folder_is_not_an_object(self, storage: ObjectStorage) -> None:
        put(storage, RAW)
        for missing in ("raw", f"{RAW}/below", "raw/" + "x" * 300 + ".jpg"):
            with pytest.raises(ObjectNotFound):
                storage.get(missing, 10)
            with pytest.raises(ObjectNotFound):
                storage.head(missing)

    def test_an_object_is_read_up_to_the_limit_and_not_beyond(self, storage: ObjectStorage) -> None:
        put(storage, RAW, b"x" * 1000)
        assert len(storage.get(RAW, 1000)) == 1000
        with pytest.raises(ObjectTooLarge, match=RAW):
            storage.get(RAW, 999)
