"""The two ports of the task queue: producers push image jobs, a consumer hands the messages on and loses none."""

from collections.abc import Sequence
from typing import Protocol

from imagejobs.errors import BackingServiceUnavailable


class QueueUnavailable(BackingServiceUnavailable):
    """Redis did not answer, or refused the command. Whether the last command took effect is unknown."""

    def __init__(self, reason: object, answer: str | None = None) -> None:
        super().__init__("Redis", reason, answer)


class TaskQueue(Protocol):
    """What the API and the reconciler need of a queue. Every method raises QueueUnavailable.

    Two kinds of queue implement it: the list `task_queue`, which other programs use too, and a queue that only this
    system uses (Dramatiq's). The methods say where the second kind may do less.
    """

    @property
    def is_shared(self) -> bool:
        """Whether this is a list that other programs use too. If not, `absent` and `reclaim` have nothing to do."""

    def push(self, image_job_ids: Sequence[str]) -> None:
        """Append one message per job, in this order; with no ids nothing happens.

        A failed push may have appended all of the messages, or some of them. Callers push again, so a job may have
        several messages; workers must be idempotent.
        """

    def length(self) -> int:
        """The number of messages that wait for a consumer, including other programs' messages."""

    def dead_letters(self) -> int:
        """The number of dead letters: messages that could not be read or processed and are kept."""

    def absent(self, image_job_ids: Sequence[str]) -> frozenset[str]:
        """The jobs for which no message, as `push` writes it, waits on the list. The oldest are found fastest.

        A queue that only this system uses returns the empty set: its length alone shows whether messages were lost.
        """

    def reclaim(self) -> int:
        """Return the messages of dead consumers to the front of the queue; the number of messages moved.

        A queue whose consumers do this for each other does nothing and returns 0.
        """

    def ping(self) -> None:
        """Return if Redis accepts a write: a demoted master, or one without memory, still answers reads."""


class TaskQueueConsumer(Protocol):
    """What the queue adapter needs of the list. Every method raises QueueUnavailable.

    A message that was taken stays in this consumer's processing list until it is settled, dead-lettered or handed
    back. If it was reclaimed meanwhile, because the consumer was taken for dead, these three do nothing.
    """

    def take(self, timeout: float) -> bytes | None:
        """Move the oldest message to the processing list and return it; None if none came within `timeout` seconds."""

    def unsettled(self) -> Sequence[bytes]:
        """The messages in this consumer's processing list, oldest first."""

    def settle(self, raw: bytes) -> None:
        """Delete a message that was handed on."""

    def dead_letter(self, raw: bytes, reason: str) -> None:
        """Move a message to the dead letters with the reason, the time and its original bytes.

        The newest MAX_DEAD_LETTERS dead letters are kept.
        """

    def hand_back(self, raw: bytes) -> None:
        """Return another program's message to the back of the list."""

    def heartbeat(self) -> None:
        """Show that this consumer is alive, so that no other one reclaims its processing list."""

    def reclaim(self) -> int:
        """Return the messages of dead consumers to the front of the list; the number of messages moved."""

    def release(self) -> int:
        """Return the unsettled messages to the front of the list and end the heartbeat; the number of messages moved.

        The last call of a clean stop: no other consumer has to wait until the heartbeat expires.
        """

    def length(self) -> int:
        """The number of messages on the list, including other programs' messages."""
