"""The conformance suite of ImageJobRepository."""

import pytest

from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.testing.image_job_repository.changes import Changes
from imagejobs.testing.image_job_repository.guards import Guards
from imagejobs.testing.image_job_repository.lists import Lists
from imagejobs.testing.image_job_repository.overdue import Overdue
from imagejobs.testing.image_job_repository.recording import Recording
from imagejobs.testing.image_job_repository.references import References


class ImageJobRepositorySuite(Recording, Changes, Guards, Lists, Overdue, References):
    """What every ImageJobRepository does. Override `repository`."""

    @pytest.fixture
    def repository(self) -> ImageJobRepository:
        """Return an empty repository; each test gets one of its own."""
        pytest.fail("Override the fixture `repository`: it returns an empty ImageJobRepository.")
