"""The conformance suite of ObjectStorage."""

import pytest

from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.testing.object_storage.addresses import Addresses
from imagejobs.testing.object_storage.keys import Keys
from imagejobs.testing.object_storage.listing import Listing
from imagejobs.testing.object_storage.reading import Reading
from imagejobs.testing.object_storage.writing import Writing


class ObjectStorageSuite(Writing, Reading, Listing, Keys, Addresses):
    """What every ObjectStorage does. Override `storage`."""

    @pytest.fixture
    def storage(self) -> ObjectStorage:
        """Return an empty storage that works; each test gets one of its own."""
        pytest.fail("Override the fixture `storage`: it returns an empty ObjectStorage for each test.")
