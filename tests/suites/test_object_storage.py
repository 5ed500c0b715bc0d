"""Every storage of the product passes ObjectStorageSuite."""

from pathlib import Path

import pytest
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.memory import MemoryStorage
from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.testing import ObjectStorageSuite
from servers.fixtures import S3
from servers.s3_services import S3Service


class TestMemoryStorage(ObjectStorageSuite):
    @pytest.fixture
    def storage(self) -> ObjectStorage:
        return MemoryStorage()


class TestFilesystemStorage(ObjectStorageSuite):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> ObjectStorage:
        return FilesystemStorage(tmp_path / "objects", "http://127.0.0.1/media", b"k" * 32)


# werkzeug's development server, which moto runs, may leave its sockets to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
class TestS3Storage(ObjectStorageSuite):
    @pytest.fixture(params=S3)
    def storage(self, request: pytest.FixtureRequest) -> ObjectStorage:
        service: S3Service = request.getfixturevalue(request.param)
        return service.with_empty_bucket("images").storage("images")
