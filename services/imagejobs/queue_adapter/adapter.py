"""Moves messages from the list to Dramatiq: takes one, pushes it, and only then deletes it."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from imagejobs.backoff import Backoff
from imagejobs.fail_points import reach
from imagejobs.task_queue.message import MalformedMessage, UnknownTaskType, decode
from imagejobs.task_queue.task_queue import QueueUnavailable, TaskQueueConsumer

logger = logging.getLogger(__name__)

TAKE_SECONDS = 1.0
"""The longest wait for a message; a stop is noticed this late at most."""
KEEP_ALIVE_SECONDS = 3.0
"""Between two heartbeats, and between two reclaims; three of them fit into HEARTBEAT_TTL."""
PAUSE_SECONDS = 0.5
"""Between two looks at a full Dramatiq queue, or at a list that has only other workers' messages."""
FOREIGN_AT_A_STRETCH = 1_000
"""Other workers' messages that are handed back without a pause: while those workers are down, they come back again
and again."""
HIGH_WATER = 100
"""Messages that may wait in Dramatiq. The others stay on the list, because people monitor its length.

Messages that wait for their next try are not counted: during an outage of the storage they would use up the limit."""
OUTAGE_PAUSES = Backoff(first=0.1, longest=5.0, jitter=0.5)


class Destination(Protocol):
    """The part of a TaskQueue that the adapter pushes to. Both methods raise QueueUnavailable."""

    def push(self, image_job_ids: Sequence[str]) -> None:
        """See TaskQueue."""

    def length(self) -> int:
        """See TaskQueue."""


class QueueAdapter:
    """Moves each message of the consumer's list to `destination` at least once."""

    def __init__(self, consumer: TaskQueueConsumer, destination: Destination) -> None:
        self._consumer = consumer
        self._destination = destination
        self._room = 0
        self._foreign_in_a_row = 0
        self._kept_alive_at: float | None = None
        self._recovering = True

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, also through outages of Redis; then return the unsettled messages to the list."""
        failures = 0
        while not stop.is_set():
            try:
                pause = self.step()
            except QueueUnavailable:
                pause = OUTAGE_PAUSES.pause(failures)
                failures += 1
                self._recovering = True
            else:
                failures = 0
            if pause:
                stop.wait(pause)
        self._release()

    def step(self) -> float:
        """Move at most one message, after a failure all unsettled ones; the seconds to wait before the next step.

        Raises QueueUnavailable. No message is lost then: it is still unsettled.
        """
        self._keep_alive()
        if self._recovering:
            for left_over in self._consumer.unsettled():
                self._hand_on(left_over)
            self._recovering = False
        if not self._has_room():
            return PAUSE_SECONDS
        raw = self._consumer.take(TAKE_SECONDS)
        if raw is None:
            return 0
        self._hand_on(raw)
        return PAUSE_SECONDS if self._went_round() else 0

    def _hand_on(self, raw: bytes) -> None:
        self._foreign_in_a_row += 1
        try:
            job = decode(raw)
        except UnknownTaskType as unknown:
            self._consumer.hand_back(raw)
            logger.debug("left on the list: %s", unknown)
            return
        except MalformedMessage as malformed:
            self._consumer.dead_letter(raw, malformed.reason)
            logger.warning("moved to the dead list, %d bytes: %s", len(raw), malformed.reason)
        else:
            reach("adapter.taken")
            self._destination.push([job.image_job_id])
            reach("adapter.enqueued")
            self._room -= 1
            self._consumer.settle(raw)
            reach("adapter.settled")
        self._foreign_in_a_row = 0

    def _went_round(self) -> bool:
        """Whether the last messages, as many as are on the list or FOREIGN_AT_A_STRETCH, were other workers'."""
        if not self._foreign_in_a_row:
            return False
        if self._foreign_in_a_row < min(FOREIGN_AT_A_STRETCH, self._consumer.length()):
            return False
        self._foreign_in_a_row = 0
        return True

    def _has_room(self) -> bool:
        """Whether the destination has room. Its length is read again only when the known room is used up."""
        if self._room <= 0:
            self._room = HIGH_WATER - self._destination.length()
        return self._room > 0

    def _keep_alive(self) -> None:
        now = time.monotonic()
        due = self._kept_alive_at is None or now - self._kept_alive_at >= KEEP_ALIVE_SECONDS
        if due or self._recovering:
            self._consumer.heartbeat()
        if due:
            self._kept_alive_at = now
            if reclaimed := self._consumer.reclaim():
                logger.warning("returned %d messages of a dead queue adapter to the list", reclaimed)

    def _release(self) -> None:
        """After a failure nothing more is tried: the next queue adapter reclaims what this one leaves behind."""
        if self._recovering:
            return
        try:
            self._consumer.release()
        except QueueUnavailable as error:
            logger.warning("%s; the next queue adapter reclaims the unsettled messages", error)
