"""Conformance suites: what every storage, queue and repository of image-jobs must do, as tests that you can run.

They need pytest (`pip install 'image-jobs[testing]'`); the product imports nothing from here. Subclass a suite in your
own tests and override its fixture, which gives a fresh and empty instance of your implementation to each test:

    class TestMyStorage(ObjectStorageSuite):
        @pytest.fixture
        def storage(self) -> ObjectStorage:
            return MyStorage()
"""

import pytest

for _suite in ("event_repository", "image_job_repository", "object_storage", "task_queue"):
    pytest.register_assert_rewrite(f"{__name__}.{_suite}")

from imagejobs.testing.event_repository import EventRepositorySuite  # noqa: E402 - after the lines above
from imagejobs.testing.image_job_repository import ImageJobRepositorySuite  # noqa: E402
from imagejobs.testing.object_storage import ObjectStorageSuite  # noqa: E402
from imagejobs.testing.task_queue import (  # noqa: E402
    QueueHarness,
    SharedListHarness,
    TaskQueueConsumerSuite,
    TaskQueueSuite,
)

__all__ = [
    "EventRepositorySuite",
    "ImageJobRepositorySuite",
    "ObjectStorageSuite",
    "QueueHarness",
    "SharedListHarness",
    "TaskQueueConsumerSuite",
    "TaskQueueSuite",
]
