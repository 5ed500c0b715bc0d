"""The conformance suites of TaskQueue and TaskQueueConsumer."""

import pytest

from imagejobs.testing.task_queue.crashes import Crashes
from imagejobs.testing.task_queue.harness import QueueHarness, SharedListHarness
from imagejobs.testing.task_queue.producers import Producers
from imagejobs.testing.task_queue.settling import Settling
from imagejobs.testing.task_queue.taking import Taking

__all__ = ["QueueHarness", "SharedListHarness", "TaskQueueConsumerSuite", "TaskQueueSuite"]


class TaskQueueSuite(Producers):
    """What every TaskQueue does. Override `harness`."""

    @pytest.fixture
    def harness(self) -> QueueHarness:
        """Return an empty queue with what its workers do to it; each test gets one of its own."""
        pytest.fail("Override the fixture `harness`: it returns a QueueHarness with an empty queue.")


class TaskQueueConsumerSuite(Taking, Settling, Crashes):
    """What both ends of a list do that other programs use too, TaskQueue and TaskQueueConsumer. Override `harness`."""

    @pytest.fixture
    def harness(self) -> SharedListHarness:
        """Return an empty list with its consumers; each test gets one of its own."""
        pytest.fail("Override the fixture `harness`: it returns a SharedListHarness with an empty list.")
