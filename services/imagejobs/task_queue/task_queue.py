"""The queue's two ports: producers push job ids, one consumer moves messages on without ever losing one."""

from collections.abc import Sequence
from typing import Protocol

from imagejobs.errors import BackingServiceUnavailable


class QueueUnavailable(BackingServiceUnavailable):
    """Redis did not answer, or refused; whether the last command took effect is not known."""

    def __init__(self, reason: object, answer: str | None = None) -> None:
        super().__init__("Redis", reason, answer)


class TaskQueue(Protocol):
    """What the API and the reconciler need. Every method raises QueueUnavailable when Redis is unavailable."""

    def push(self, image_job_ids: Sequence[str]) -> None:
        """Append one message per job, oldest first. A lost reply may mean a second push: consumers are idempotent."""

    def length(self) -> int:
        """Messages waiting on the list, whoever they are for."""

    def dead_letters(self) -> int:
        """How many messages that nobody could read, or carry out, are kept."""

    def absent(self, image_job_ids: Sequence[str]) -> frozenset[str]:
        """Those of which no message, as `push` writes it, waits on the list; the sooner its turn, the faster found."""

    def reclaim(self) -> int:
        """Return the messages of consumers that died to the front of the list; the number of messages moved."""

    def ping(self) -> None:
        """Return if Redis answers and takes a write: a demoted master, or one without memory, still answers reads."""


class TaskQueueConsumer(Protocol):
    """What the queue adapter needs: each taken message stays in this consumer's processing list until it is settled."""

    def take(self, timeout: float) -> bytes | None:
        """The oldest message, now in the processing list; None when none came within `timeout` seconds."""

    def unsettled(self) -> Sequence[bytes]:
        """What this consumer has taken and not settled, oldest first."""

    def settle(self, raw: bytes) -> None:
        """The message has been handed on: forget it. No error if it was reclaimed meanwhile."""

    def bury(self, raw: bytes, reason: str) -> None:
        """Move the message to `<queue>:dead`, with the reason, the time and its original bytes.

        The newest MAX_DEAD_LETTERS are kept.
        Nothing happens if it was reclaimed meanwhile, as in `hand_back`.
        """

    def hand_back(self, raw: bytes) -> None:
        """Return another worker's message to the back of the list."""

    def heartbeat(self) -> None:
        """Say that this consumer lives, so that nobody reclaims its processing list."""

    def reclaim(self) -> int:
        """Return the messages of consumers that died to the front of the list; the number of messages moved."""

    def release(self) -> int:
        """The last act of a clean stop: return what is unsettled to the front of the list; the number of messages.

        Ends the heartbeat, so that nobody waits for it to lapse.
        """

    def length(self) -> int:
        """Messages waiting on the list, whoever they are for."""
