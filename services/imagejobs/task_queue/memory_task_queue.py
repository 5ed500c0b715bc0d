"""The task queue in memory, for tests: both ports over one shared list, with the behaviour of the Redis classes."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from imagejobs.task_queue.dead_letter import MAX_DEAD_LETTERS, encode_dead_letter
from imagejobs.task_queue.message import ProcessImageMessage


class MemoryTaskQueue:
    """Implements TaskQueue; thread-safe. `messages` begins with the message that is taken next."""

    is_shared = True

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.messages: deque[bytes] = deque()
        self.dead: list[bytes] = []
        self.processing: dict[str, list[bytes]] = {}
        self.alive_until: dict[str, float] = {}
        self.changed = threading.Condition(threading.RLock())
        self.clock = clock

    def push(self, image_job_ids: Sequence[str]) -> None:
        """See TaskQueue."""
        for image_job_id in image_job_ids:
            self.push_raw(ProcessImageMessage(image_job_id).encode())

    def push_raw(self, raw: bytes) -> None:
        """Append any bytes, as another producer may do with LPUSH."""
        with self.changed:
            self.messages.append(raw)
            self.changed.notify()

    def length(self) -> int:
        """See TaskQueue."""
        with self.changed:
            return len(self.messages)

    def dead_letters(self) -> int:
        """See TaskQueue."""
        with self.changed:
            return len(self.dead)

    def absent(self, image_job_ids: Sequence[str]) -> frozenset[str]:
        """See TaskQueue."""
        with self.changed:
            return frozenset(each for each in image_job_ids if ProcessImageMessage(each).encode() not in self.messages)

    def reclaim(self) -> int:
        """See TaskQueue."""
        with self.changed:
            now = self.clock()
            dead = [each for each in self.processing if self.alive_until.get(each, now) <= now]
            return sum(self.return_all(each) for each in dead)

    def return_all(self, consumer_id: str) -> int:
        """Return a consumer's unsettled messages to the front of the list; the number of messages moved."""
        with self.changed:
            held = self.processing.pop(consumer_id, [])
            self.messages.extendleft(reversed(held))
            self.changed.notify_all()
            return len(held)

    def ping(self) -> None:
        """See TaskQueue. Memory is always available."""


class MemoryTaskQueueConsumer:
    """Implements TaskQueueConsumer over a MemoryTaskQueue. `heartbeat_ttl` is in seconds."""

    def __init__(self, queue: MemoryTaskQueue, consumer_id: str, heartbeat_ttl: float = 10) -> None:
        self._queue = queue
        self._id = consumer_id
        self._heartbeat_ttl = heartbeat_ttl

    def take(self, timeout: float) -> bytes | None:
        """See TaskQueueConsumer."""
        with self._queue.changed:
            if self._id not in self._queue.alive_until:
                self.heartbeat()
            if not self._queue.changed.wait_for(lambda: self._queue.messages, max(timeout, 0)):
                return None
            raw = self._queue.messages.popleft()
            self._held().append(raw)
            return raw

    def unsettled(self) -> Sequence[bytes]:
        """See TaskQueueConsumer."""
        with self._queue.changed:
            return list(self._held())

    def settle(self, raw: bytes) -> None:
        """See TaskQueueConsumer."""
        self._let_go(raw)

    def dead_letter(self, raw: bytes, reason: str) -> None:
        """See TaskQueueConsumer."""
        with self._queue.changed:
            if self._let_go(raw):
                self._queue.dead.append(encode_dead_letter(raw, reason))
                del self._queue.dead[:-MAX_DEAD_LETTERS]

    def hand_back(self, raw: bytes) -> None:
        """See TaskQueueConsumer."""
        with self._queue.changed:
            if self._let_go(raw):
                self._queue.push_raw(raw)

    def heartbeat(self) -> None:
        """See TaskQueueConsumer."""
        with self._queue.changed:
            self._queue.alive_until[self._id] = self._queue.clock() + self._heartbeat_ttl

    def reclaim(self) -> int:
        """See TaskQueueConsumer."""
        return self._queue.reclaim()

    def release(self) -> int:
        """See TaskQueueConsumer."""
        with self._queue.changed:
            self._queue.alive_until.pop(self._id, None)
            return self._queue.return_all(self._id)

    def length(self) -> int:
        """See TaskQueueConsumer."""
        return self._queue.length()

    def _held(self) -> list[bytes]:
        return self._queue.processing.setdefault(self._id, [])

    def _let_go(self, raw: bytes) -> bool:
        with self._queue.changed:
            if raw not in self._held():
                return False
            self._held().remove(raw)
            return True
