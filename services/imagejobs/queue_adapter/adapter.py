"""One message at a time: take it, hand it on, and only then forget it."""

import logging
import threading
import time
from collections.abc import Callable

from imagejobs.fail_points import reach
from imagejobs.queue_adapter.backoff import Backoff
from imagejobs.task_queue.message import MalformedMessage, UnknownTaskType, decode
from imagejobs.task_queue.task_queue import QueueUnavailable, TaskQueueConsumer

logger = logging.getLogger(__name__)

TAKE_SECONDS = 1.0
"""How long one wait for a message may last; a stop is noticed this late at most."""
KEEP_ALIVE_SECONDS = 3.0
"""Between heartbeats, and between looks for dead consumers' messages; three of them fit into a heartbeat's life."""
PAUSE_SECONDS = 0.5
"""Between looks at a full Dramatiq queue, or at a list on which all messages are another worker's."""
FOREIGN_AT_A_STRETCH = 1_000
"""Another worker's messages that are looked at without a pause: while that worker is down they come round for ever."""
HIGH_WATER = 100
"""Messages that may wait in Dramatiq. The rest stays on the list, whose length is what people watch.

Those that wait for their next try are not counted: in an outage of the storage they would be all there are."""


class QueueAdapter:
    """Moves messages from the consumer's list to `enqueue`, at least once each.

    `enqueue` takes a job's id and raises QueueUnavailable when it is not known to have worked; `waiting` tells how many
    messages wait where `enqueue` puts them.
    """

    def __init__(self, consumer: TaskQueueConsumer, enqueue: Callable[[str], None], waiting: Callable[[], int]) -> None:
        self._consumer = consumer
        self._enqueue = enqueue
        self._waiting = waiting
        self._room = 0
        self._foreign_in_a_row = 0
        self._kept_alive_at: float | None = None
        self._recovering = True

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then what was taken and not handed on is put back. Rides out every outage."""
        backoff = Backoff()
        while not stop.is_set():
            try:
                pause = self.step()
            except QueueUnavailable:
                pause = backoff.failed()
                self._recovering = True
            else:
                backoff.succeeded()
            if pause:
                stop.wait(pause)
        self._release()

    def step(self) -> float:
        """Move at most one message (all unsettled ones after an error); the seconds to wait before the next step.

        Raises QueueUnavailable. Nothing is lost then: what was taken is still unsettled.
        """
        self._keep_alive()
        if self._recovering:
            for left_over in self._consumer.unsettled():
                self._hand_on(left_over)
            self._recovering = False
        if not self._has_room():
            return PAUSE_SECONDS
        raw = self._consumer.take(TAKE_SECONDS)
        if raw is not None:
            self._hand_on(raw)
        return PAUSE_SECONDS if self._went_round(raw) else 0

    def _hand_on(self, raw: bytes) -> None:
        self._foreign_in_a_row += 1
        try:
            job = decode(raw)
        except UnknownTaskType as unknown:
            self._consumer.hand_back(raw)
            logger.debug("left on the list: %s", unknown)
            return
        except MalformedMessage as malformed:
            self._consumer.bury(raw, malformed.reason)
            logger.warning("moved to the dead list, %d bytes: %s", len(raw), malformed.reason)
        else:
            reach("adapter.taken")
            self._enqueue(job.image_job_id)
            reach("adapter.enqueued")
            self._room -= 1
            self._consumer.settle(raw)
            reach("adapter.settled")
        self._foreign_in_a_row = 0

    def _went_round(self, raw: bytes | None) -> bool:
        """Whether all that is on the list was seen in a row, or very much of it, and is another worker's."""
        if raw is None or not self._foreign_in_a_row:
            return False
        if self._foreign_in_a_row < min(FOREIGN_AT_A_STRETCH, self._consumer.length()):
            return False
        self._foreign_in_a_row = 0
        return True

    def _has_room(self) -> bool:
        """Whether Dramatiq's queue may grow; it is asked only when all room that it had is used up."""
        if self._room <= 0:
            self._room = HIGH_WATER - self._waiting()
        return self._room > 0

    def _keep_alive(self) -> None:
        now = time.monotonic()
        due = self._kept_alive_at is None or now - self._kept_alive_at >= KEEP_ALIVE_SECONDS
        if due or self._recovering:
            self._consumer.heartbeat()
        if due:
            self._kept_alive_at = now
            if reclaimed := self._consumer.reclaim():
                logger.warning("put %d messages of a dead queue adapter back on the list", reclaimed)

    def _release(self) -> None:
        """After a failure nothing is tried again: what is left behind is reclaimed by the next queue adapter."""
        if self._recovering:
            return
        try:
            self._consumer.release()
        except QueueUnavailable as error:
            logger.warning("%s; the next queue adapter picks up what was taken", error)
