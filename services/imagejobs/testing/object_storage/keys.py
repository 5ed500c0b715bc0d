"""Which keys are refused."""

import re

import pytest

from imagejobs.storage.object_storage import ObjectNotFound, ObjectStorage
from imagejobs.testing.object_storage.samples import UNSAFE, put


class Keys:
    """Part of ObjectStorageSuite."""

    @pytest.mark.parametrize("key", UNSAFE)
    def test_a_key_never_leads_out_of_the_storage(self, storage: ObjectStorage, key: str) -> None:
        with pytest.raises(ValueError, match=re.escape(repr(key))):
            put(storage, key)
        with pytest.raises(ObjectNotFound):
            storage.get(key, 10)
        with pytest.raises(ObjectNotFound):
            storage.head(key)
        storage.delete(key)
