"""What an implementer gives the suites: an empty queue, and hands to do from outside what other programs do."""

from collections.abc import Sequence
from typing import Any, Protocol

from imagejobs.task_queue.message import ProcessImageMessage, decode
from imagejobs.task_queue.task_queue import TaskQueue, TaskQueueConsumer

IDS = [f"{number:024x}" for number in range(1, 6)]
FOREIGN = b'{"task_type":"send_mail","payload":{}}'
FIRST = ProcessImageMessage(IDS[0]).encode()


class QueueHarness(Protocol):
    """A queue, and what its workers do to it."""

    @property
    def queue(self) -> TaskQueue:
        """The implementation under test. It is empty at the start of a test."""

    def waiting(self) -> Sequence[str]:
        """The ids of the jobs whose messages wait, the next to be taken first."""

    def take(self) -> None:
        """A worker takes the next message and is still at work on it."""

    def dead_letter(self) -> None:
        """A worker takes the next message and makes it a dead letter."""


class SharedListHarness(QueueHarness, Protocol):
    """A list that other programs use too, and its consumers."""

    def consumer(self, consumer_id: str) -> TaskQueueConsumer:
        """The implementation under test, as the consumer with this id."""

    def push_raw(self, raw: bytes) -> None:
        """Another program pushes these bytes."""

    def waiting_raw(self) -> Sequence[bytes]:
        """The messages that wait, the next to be taken first."""

    def dead(self) -> Sequence[dict[str, Any]]:
        """The dead letters, each as its JSON object, in any order."""

    def kill(self, consumer_id: str) -> None:
        """Make this consumer look dead: its heartbeat expires at once."""


def take_all(consumer: TaskQueueConsumer) -> list[bytes]:
    """Take every message that waits."""
    found = []
    while (raw := consumer.take(0)) is not None:
        found.append(raw)
    return found


def take_one(consumer: TaskQueueConsumer) -> bytes:
    """Take the next message, which must be there."""
    raw = consumer.take(0)
    assert raw is not None, "the list is empty"
    return raw


def ids(messages: Sequence[bytes]) -> list[str]:
    """The ids of the jobs of these messages."""
    return [decode(raw).image_job_id for raw in messages]
