"""The Dramatiq broker that the queue adapter fills and the workers empty.

MongoDB, not Redis, knows which jobs there are: a message lost here is pushed again by the reconciler, one delivered
twice changes nothing. The options below only make both rare. They follow from the source of dramatiq 2.2.1:

- No command is sent twice by redis-py. An enqueue whose reply is lost would otherwise run its job twice; acks are
  repeated by Dramatiq itself, every 5 s until they succeed, and repeating those is harmless.
- Dramatiq repeats them only after a ConnectionError. After a TimeoutError (Redis stalled) or a refused write (disk or
  memory full, read-only replica) the ack is dropped and the finished job runs again. Worse, whatever is raised while
  delayed messages are put back, redis-py's own ConnectionError too, ends their thread for good while the process lives
  on. So the client calls every error by a name that Dramatiq handles wherever it comes up.
- After such an error Dramatiq forgets the delayed messages that it holds (dramatiq#527). They go back to their queue
  when their thread begins anew.
- A socket timeout of 10 s rides out a stall that is no outage (a fork for a snapshot, a failover).
- A dead worker is noticed after 15 s without a heartbeat (Dramatiq: 60 s). Each fetch counts as one, also an idle
  worker's (every second). One fetch in 20 looks for the dead (Dramatiq: one in 1000, which means about 18 minutes).
- Retries are the only middleware that changes what happens. How often and how soon is said by the use case
  (worker/retrying.py); the limits here are for faults in the program. Dramatiq's own go on for weeks.
- No TimeLimit: it raises an exception inside the thread, which C code never sees; the conversion's child process has a
  limit of its own. No AgeLimit: old jobs are wanted too. No Prometheus: it listens on all interfaces.
"""

from typing import Any

from dramatiq import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import CurrentMessage, Middleware, Retries, ShutdownNotifications
from redis import Redis, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from imagejobs.connections.outages import OUTAGES
from imagejobs.connections.redis import redis_pool
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.redis_keys import namespaced

NAMESPACE = "dramatiq"
SOCKET_SECONDS = 10.0
HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_PER_MILLION = 50_000
IDLE_POLL_MS = 20
"""An upload to an idle system waits for half of this on average; an idle worker
process asks Redis about 60 times a second for that, 1.5 % of a core."""
MAX_RETRIES = 8
MIN_BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 60_000
"""With Dramatiq's doubling and jitter, 8 retries from 1 s spread over 2 to 4 minutes."""
DEAD_MESSAGE_TTL_MS = 7 * 24 * 3600 * 1000


def redis_broker(settings: Settings, *, socket_timeout: float = SOCKET_SECONDS) -> RedisBroker:
    """A broker at REDIS_URI; it connects at its first command, and `client.close()` ends it. It is not made global."""
    return _PromptBroker(  # type: ignore[no-untyped-call]  # dramatiq leaves this constructor without annotations
        client=_OneErrorClient.from_pool(redis_pool(settings.redis_uri, socket_timeout=socket_timeout)),
        middleware=_middleware(),
        namespace=dramatiq_namespace(settings.redis_namespace),
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_PER_MILLION,
        dead_message_ttl=DEAD_MESSAGE_TTL_MS,
    )


def dramatiq_namespace(redis_namespace: str) -> str:
    """What all of Dramatiq's keys begin with at this REDIS_NAMESPACE."""
    return namespaced(redis_namespace, NAMESPACE)


def waiting_key(queue_name: str, redis_namespace: str) -> str:
    """The Redis list of the messages that no worker has fetched yet."""
    return f"{dramatiq_namespace(redis_namespace)}:{queue_name}"


def _middleware() -> list[Middleware]:
    return [
        ShutdownNotifications(),
        CurrentMessage(),
        Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
    ]


class _PromptBroker(RedisBroker):
    """Looks for messages more often than Dramatiq, whose idle workers sleep for up to a second between looks."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """`timeout` is the longest sleep between two looks at an empty queue, in milliseconds."""
        if queue_name not in self.delay_queues:
            return super().consume(queue_name, prefetch, min(timeout, IDLE_POLL_MS))
        self._put_back_forgotten(queue_name)
        return super().consume(queue_name, prefetch, timeout)

    def _put_back_forgotten(self, queue_name: str) -> None:
        """One thread handles a delay queue's messages; when it begins anew, those that it had fetched are nobody's."""
        fetched = f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}"
        if forgotten := self.client.smembers(fetched):
            self.do_requeue(queue_name, *forgotten)


class RedisRefused(RedisConnectionError, ConnectionClosed):
    """Redis is unavailable or refuses. Dramatiq catches redis-py's class or its own, by command."""


class _OneErrorClient(Redis):
    """Raises RedisRefused for every error; even one that does not pass by itself does once a person mends Redis."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            reply = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py has no types here
        except NoScriptError:
            raise  # redis-py's sign to send the script
        except RedisError as error:
            OUTAGES.failed("Redis", error)
            raise RedisRefused(f"{type(error).__name__}: {error}") from error
        OUTAGES.answered("Redis")
        return reply
