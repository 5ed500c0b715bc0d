"""The Dramatiq broker: the queue adapter pushes messages to it, and the workers take them from it.

MongoDB, not Redis, knows which jobs exist: the reconciler pushes a lost message again, and a message that is delivered
twice changes nothing. The options below make both rare. The reasons are in the source of dramatiq 2.2.1:

- redis-py sends no command twice. Otherwise an enqueue whose reply is lost would run its job twice. Dramatiq itself
  repeats acknowledgements every 5 s until they succeed, which is harmless.
- Dramatiq repeats them only after its own or redis-py's ConnectionError. After a TimeoutError (Redis stalled) or a
  refused write (disk or memory full, read-only replica) it would drop the acknowledgement, and the finished job would
  run again. Any error while it puts delayed messages back, ConnectionError included, would end the thread that does so,
  and the process would go on without it. So the client raises one class for every error, which Dramatiq handles in all
  these places.
- After such an error Dramatiq forgets the delayed messages that it holds (dramatiq#527). They return to their queue
  when their thread starts again.
- A socket timeout of 10 s outlasts short stalls of Redis (the fork for a snapshot, a failover).
- A worker counts as dead after 15 s without a heartbeat (Dramatiq's default: 60 s). Each fetch is a heartbeat; an idle
  worker fetches every second or more often. One fetch in 20 looks for dead workers (default: one in 1000, which takes
  about 18 minutes).
- Retries is the only middleware that changes what happens to a message. The use case decides how often and how soon a
  job is tried again (worker/delivery.py). The limits here are for faults in the program; Dramatiq's defaults would
  retry for weeks.
- No TimeLimit: it raises an exception inside the thread, which never reaches C code; the conversion's child process
  has its own limit. No AgeLimit: old jobs must run too. No Prometheus: it listens on all interfaces.
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
"""How often an idle worker looks for messages. An upload to an idle system waits for half of this on average. The looks
of an idle worker process, about 60 a second, cost 1.5 % of a core."""
MAX_RETRIES = 8
MIN_BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 60_000
"""With Dramatiq's doubling and jitter, 8 retries from 1 s spread over 2 to 4 minutes."""
DEAD_MESSAGE_TTL_MS = 7 * 24 * 3600 * 1000


def redis_broker(settings: Settings, *, socket_timeout: float = SOCKET_SECONDS) -> RedisBroker:
    """A broker at REDIS_URI. It connects at its first command and ends with `client.close()`.

    Dramatiq's global broker is not set.
    """
    return _PromptBroker(  # type: ignore[no-untyped-call]  # dramatiq leaves this constructor without annotations
        client=_OneErrorClient.from_pool(redis_pool(settings.redis_uri, socket_timeout=socket_timeout)),
        middleware=_middleware(),
        namespace=dramatiq_namespace(settings.redis_namespace),
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_PER_MILLION,
        dead_message_ttl=DEAD_MESSAGE_TTL_MS,
    )


def dramatiq_namespace(redis_namespace: str) -> str:
    """The prefix of all of Dramatiq's keys in the deployment with this REDIS_NAMESPACE."""
    return namespaced(redis_namespace, NAMESPACE)


def waiting_key(queue_name: str, redis_namespace: str) -> str:
    """The key of the Redis list with the messages that no worker has fetched yet."""
    return f"{dramatiq_namespace(redis_namespace)}:{queue_name}"


def _middleware() -> list[Middleware]:
    return [
        ShutdownNotifications(),
        CurrentMessage(),
        Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
    ]


class _PromptBroker(RedisBroker):
    """Looks for messages every IDLE_POLL_MS. Dramatiq's idle workers sleep for up to a second."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """See RedisBroker. `timeout` is the longest pause between two looks at an empty queue, in milliseconds."""
        if queue_name not in self.delay_queues:
            return super().consume(queue_name, prefetch, min(timeout, IDLE_POLL_MS))
        self._put_back_forgotten(queue_name)
        return super().consume(queue_name, prefetch, timeout)

    def _put_back_forgotten(self, queue_name: str) -> None:
        """Return what the only thread of a delay queue had fetched and not handled when it died: it starts again."""
        fetched = f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}"
        if forgotten := self.client.smembers(fetched):
            self.do_requeue(queue_name, *forgotten)


class RedisRefused(RedisConnectionError, ConnectionClosed):
    """Redis is unavailable or refused a command. Dramatiq catches one or the other of the two base classes."""


class _OneErrorClient(Redis):
    """Raises RedisRefused for every error, also for refusals that last until a person repairs Redis."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            reply = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py has no types here
        except NoScriptError:
            raise  # redis-py catches it and sends the script
        except RedisError as error:
            OUTAGES.failed("Redis", error)
            raise RedisRefused(f"{type(error).__name__}: {error}") from error
        OUTAGES.answered("Redis")
        return reply
