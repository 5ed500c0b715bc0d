"""What `list` yields."""

from datetime import UTC, datetime, timedelta

from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.testing.object_storage.samples import OUTPUT, RAW, put


class Listing:
    """Part of ObjectStorageSuite."""

    def test_a_list_has_the_keys_of_the_prefix_in_order(self, storage: ObjectStorage) -> None:
        for key in ("raw/2.jpg", "raw/10.png", "raw-other/1.jpg", "raw/a/b.jpg", "raw/a-b.jpg", OUTPUT):
            put(storage, key, key.encode())
        listed = list(storage.list("raw/"))
        assert [info.key for info in listed] == ["raw/10.png", "raw/2.jpg", "raw/a-b.jpg", "raw/a/b.jpg"]
        assert [info.size for info in listed] == [len(info.key) for info in listed]
        assert all(info.modified_at.tzinfo for info in listed)
        assert [info.key for info in storage.list("raw/1")] == ["raw/10.png"]
        assert list(storage.list("nothing/")) == []

    def test_a_list_has_the_time_of_each_write(self, storage: ObjectStorage) -> None:
        put(storage, RAW)
        (listed,) = storage.list("raw/")
        assert abs(datetime.now(UTC) - listed.modified_at) < timedelta(seconds=5)
        assert abs(storage.head(RAW).modified_at - listed.modified_at) < timedelta(seconds=1)

    def test_objects_that_are_deleted_during_a_list_hide_no_others(self, storage: ObjectStorage) -> None:
        keys = [f"raw/{number:04}.jpg" for number in range(12)]
        for key in keys:
            put(storage, key)
        listed = []
        for info in storage.list("raw/"):
            listed.append(info.key)
            storage.delete(info.key)
        assert listed == keys
        assert list(storage.list("raw/")) == []
