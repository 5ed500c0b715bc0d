"""Errors of Redis, in words for readers who do not see the log."""

import pytest
import redis
from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.task_queue import QueueUnavailable
from redis._parsers.base import BaseParser


def answer_to(error: redis.RedisError) -> str | None:
    with pytest.raises(QueueUnavailable) as raised, translated_errors():
        raise error
    return raised.value.answer


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("READONLY You can't write against a read only replica.", "because it is a replica"),
        ("READONLY You can't write against a read only replica. script: f_0, on @user_script:1.", "it is a replica"),
        ("ERR Error running script (call to f_0): @user_script:1: -READONLY You can't write", "it is a replica"),
        ("OOM command not allowed when used memory > 'maxmemory'.", "its memory is full"),
        (
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to",
            "save its data to its disk",
        ),
        ("MISCONF Errors writing to the AOF file: No space left on device", "save its data to its disk"),
        ("NOREPLICAS Not enough good replicas to write.", "too few replicas"),
        ("LOADING Redis is loading the dataset in memory", "loading its data"),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "has lost its master"),
        ("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)", "demoted"),
        ("WRONGPASS invalid username-password pair or user is disabled.", "refuses the password"),
        ("NOAUTH Authentication required.", "refuses the password"),
        ("NOPERM this user has no permissions to run the 'set' command", "may not use a command or a key"),
        ("CLUSTERDOWN Hash slot not served", "Redis Cluster, which is not supported"),
        ("CLUSTERDOWN The cluster is down", "Redis Cluster, which is not supported"),
        ("CROSSSLOT Keys in request don't hash to the same slot", "Redis Cluster, which is not supported"),
        ("MOVED 3999 10.0.0.1:6381", "Redis Cluster, which is not supported"),
        ("ASK 3999 10.0.0.1:6381", "Redis Cluster, which is not supported"),
        ("ERR SELECT is not allowed in cluster mode", "Redis Cluster, which is not supported"),
        (
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "busy with a script",
        ),
        ("ERR max number of clients reached", "no more connections"),
    ],
)
def test_a_refusal_is_explained(reply: str, words: str) -> None:
    answer = answer_to(BaseParser.parse_error(reply))  # type: ignore[no-untyped-call]  # redis-py has no types here
    assert answer is not None
    assert words in answer


@pytest.mark.parametrize(
    "error",
    [
        redis.ConnectionError("Error 111 connecting to 10.0.0.1:6379. Connection refused."),
        redis.ConnectionError("Error 111 connecting to clustercfg.images.example:6379. Connection refused."),
        redis.TimeoutError("Timeout reading from 10.0.0.1:6379"),
    ],
)
def test_where_nothing_was_answered_there_are_no_words(error: redis.RedisError) -> None:
    assert answer_to(error) is None
