"""The check of Redis, as the queue and Dramatiq use it."""

import secrets
from collections.abc import Callable
from contextlib import suppress

from redis import ConnectionError, Redis, RedisError, TimeoutError  # noqa: A004 - redis-py's own

from imagejobs.cli.checks import Concern, Deployment
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import Settings

TRIAL_SECONDS = 3.0
BLOCKING_SECONDS = 1
MOVE = "redis.call('LREM', KEYS[1], -1, ARGV[1]); return redis.call('LPUSH', KEYS[2], ARGV[1])"
REMEDIES = {
    "replica": "REDIS_URI must name the master",
    "memory is full": "raise its maxmemory, see docs/guides/operations.md",
    "disk": "make room on its disk, see docs/guides/operations.md",
    "user may not": "allow this user every command on the keys of image-jobs",
    "Cluster": "let REDIS_URI name one server, or a master with replicas: messages move between keys",
    "password": "check the user and the password in REDIS_URI",
}
"""The remedy for each phrase that the answer of task_queue.redis_errors.answer_of() may contain."""


def check_redis(deployment: Deployment) -> str:
    """The number of waiting messages, after each kind of command that the processes send to Redis was tried."""
    from imagejobs.connections.redis import redis_client
    from imagejobs.dispatch.broker import waiting_key
    from imagejobs.dispatch.tasks import TASKS
    from imagejobs.task_queue.message import PROCESS_IMAGE
    from imagejobs.wiring.task_queue import open_task_queue

    settings = deployment.settings
    waiting = waiting_key(TASKS[PROCESS_IMAGE].queue, settings.redis_namespace)
    place = settings.task_queue if settings.enqueue_to == "task_queue" else waiting
    with redis_client(settings.redis_uri, socket_timeout=TRIAL_SECONDS) as client:
        _try_commands(client, trial_keys(settings))
        policy = _maxmemory_policy(client)
    length = open_task_queue(settings).length()
    text = f"wrote, moved (BLMOVE) and ran a script; {length} message(s) wait on {place!r}"
    if policy not in {"noeviction", None}:
        raise Concern(f"maxmemory-policy is {policy}, so Redis drops messages when it is full: set noeviction ({text})")
    return text if policy else f"{text}; maxmemory-policy is not known (INFO is refused): it must be noeviction"


def trial_keys(settings: Settings) -> list[str]:
    """New keys with the prefixes of the list and of Dramatiq: a Redis user may be allowed these keys only."""
    from imagejobs.dispatch.broker import waiting_key
    from imagejobs.task_queue.redis_keys import namespaced

    name = f"doctor-{secrets.token_hex(6)}"
    own = namespaced(settings.redis_namespace, f"{settings.task_queue}:{name}")
    return [own, f"{own}:moved", waiting_key(name, settings.redis_namespace)]


def _try_commands(client: Redis, keys: list[str]) -> None:
    first, second, third = keys
    trials: list[tuple[str, Callable[[], object]]] = [
        ("a write (LPUSH)", lambda: client.lpush(first, "doctor")),
        ("BLMOVE", lambda: client.blmove(first, second, BLOCKING_SECONDS, "RIGHT", "LEFT")),
        ("a script (EVAL)", lambda: client.eval(MOVE, 2, second, third, "doctor")),
    ]
    try:
        for name, trial in trials:
            _try(name, trial)
    finally:
        for key in keys:
            with suppress(RedisError):
                client.delete(key)


def _try(name: str, trial: Callable[[], object]) -> None:
    from imagejobs.task_queue.redis_errors import answer_of
    from imagejobs.task_queue.task_queue import QueueUnavailable

    try:
        done = trial()
    except RedisError as error:
        answer = answer_of(error)
        if answer is None and isinstance(error, (ConnectionError, TimeoutError)):
            raise QueueUnavailable(error) from error
        reason = answer or str(error)
        remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in reason), "check REDIS_URI and its user")
        raise ConfigurationError(f"Redis refuses {name}: {reason}; {remedy} ({error})") from error
    if not done:
        raise ConfigurationError(f"Redis did {name} without effect: another program may use the same keys")


def _maxmemory_policy(client: Redis) -> str | None:
    try:
        return str(client.info("memory")["maxmemory_policy"])
    except (RedisError, KeyError):
        return None
