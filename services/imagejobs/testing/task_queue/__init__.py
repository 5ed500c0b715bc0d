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
        """Return an empty queue with its harness. Each test gets its own."""
        pytest.fail("Override the fixture `harness`: it returns a QueueHarness with an empty queue.")


class TaskQueueConsumerSuite(Taking, Settling, Crashes):
    """What TaskQueue and TaskQueueConsumer do on a list that other programs use too. Override `harness`."""

    @pytest.fixture
    def harness(self) -> SharedListHarness:
        """Return an empty list with its harness. Each test gets its own."""
        pytest.fail("Override the fixture `harness`: it returns a SharedListHarness with an empty list.")
