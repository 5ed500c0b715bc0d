"""Conformance suites: what every storage, queue and repository of image-jobs must do, as tests that you can run.

They need pytest (`pip install 'image-jobs[testing]'`); the product imports nothing from here. Subclass a suite in your
own tests and override its fixture, which gives a fresh and empty instance of your implementation to each test:

    class TestMyStorage(ObjectStorageSuite):
        @pytest.fixture
        def storage(self) -> ObjectStorage:
            return MyStorage()
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.object_storage")

from imagejobs.testing.object_storage import ObjectStorageSuite  # noqa: E402 - after the line above

__all__ = ["ObjectStorageSuite"]
