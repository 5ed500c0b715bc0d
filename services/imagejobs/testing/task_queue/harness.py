"""What an implementation gives the suites: an empty queue, and methods that do what other programs do with it."""

from collections.abc import Sequence
from typing import Any, Protocol

from imagejobs.task_queue.message import ProcessImageMessage, decode
from imagejobs.task_queue.task_queue import TaskQueue, TaskQueueConsumer

IDS = [f"{number:024x}" for number in range(1, 6)]
FOREIGN = b'{"task_type":"send_mail","payload":{}}'
FIRST = ProcessImageMessage(IDS[0]).encode()


class QueueHarness(Protocol):
    """A queue, and what its workers do with it."""

    @property
    def queue(self) -> TaskQueue:
        """The implementation under test. It is empty at the start of a test."""

    def waiting(self) -> Sequence[str]:
        """The ids of the jobs whose messages wait, in the order in which they will be taken."""

    def take(self) -> None:
        """A worker takes the next message and has not finished it."""

    def dead_letter(self) -> None:
        """A worker takes the next message and makes it a dead letter."""


class SharedListHarness(QueueHarness, Protocol):
    """A list that other programs use too, and its consumers."""

    def consumer(self, consumer_id: str) -> TaskQueueConsumer:
        """The implementation under test, as the consumer with this id."""

    def push_raw(self, raw: bytes) -> None:
        """Another program pushes these bytes."""

    def waiting_raw(self) -> Sequence[bytes]:
        """The waiting messages, in the order in which they will be taken."""

    def dead(self) -> Sequence[dict[str, Any]]:
        """The dead letters, each as its JSON object, in any order."""

    def kill(self, consumer_id: str) -> None:
        """Let this consumer's heartbeat expire at once, so that it counts as dead."""


def take_all(consumer: TaskQueueConsumer) -> list[bytes]:
    """Take every message that waits."""
    found = []
    while (raw := consumer.take(0)) is not None:
        found.append(raw)
    return found


def take_one(consumer: TaskQueueConsumer) -> bytes:
    """Take the next message. Fails if there is none."""
    raw = consumer.take(0)
    assert raw is not None, "the list is empty"
    return raw


def ids(messages: Sequence[bytes]) -> list[str]:
    """The ids of the jobs of these messages."""
    return [decode(raw).image_job_id for raw in messages]
