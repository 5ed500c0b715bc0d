"""Every queue of the product passes TaskQueueSuite, and every list TaskQueueConsumerSuite too."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from imagejobs.testing import TaskQueueConsumerSuite, TaskQueueSuite
from servers.fixtures import REDIS
from worlds.task_queues import DramatiqQueue, MemoryList, RedisList


class TestMemoryTaskQueue(TaskQueueSuite, TaskQueueConsumerSuite):
    @pytest.fixture
    def harness(self) -> MemoryList:
        return MemoryList()


class TestRedisTaskQueue(TaskQueueSuite, TaskQueueConsumerSuite):
    @pytest.fixture(params=REDIS)
    def harness(self, request: pytest.FixtureRequest) -> Iterator[RedisList]:
        with closing(RedisList.at(request.getfixturevalue(request.param))) as harness:
            yield harness


class TestDramatiqTaskQueue(TaskQueueSuite):
    @pytest.fixture(params=REDIS)
    def harness(self, request: pytest.FixtureRequest) -> Iterator[DramatiqQueue]:
        with closing(DramatiqQueue(request.getfixturevalue(request.param))) as harness:
            yield harness
