"""What the addresses of objects look like, and that `ping` works."""

from datetime import timedelta

from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.testing.object_storage.samples import RAW


class Addresses:
    """Part of ObjectStorageSuite. It fetches nothing: an address may be served by another program."""

    def test_a_public_url_ends_with_the_key(self, storage: ObjectStorage) -> None:
        assert storage.public_url(RAW).endswith(f"/{RAW}")

    def test_a_presigned_url_has_the_key_and_a_query(self, storage: ObjectStorage) -> None:
        assert f"/{RAW}?" in storage.presigned_url(RAW, timedelta(minutes=5))

    def test_ping_returns(self, storage: ObjectStorage) -> None:
        storage.ping()
