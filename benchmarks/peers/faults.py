"""The faults. Each enqueues jobs, injects itself, and returns a function that gives the time when it hit each job."""

import time
from collections.abc import Callable, Mapping

from benchmarks.peers.contenders import SLOTS
from benchmarks.peers.lossy_proxy import recorded
from benchmarks.peers.scene import Scene
from benchmarks.peers.waiting import wait_for

JOBS = 3 * SLOTS
"""More jobs than slots, so that some run and the others wait."""
BEGIN_SECONDS = 30.0
OUTAGE_SECONDS = 1.0
LOSE_EVERY = 3

Hit = Callable[[], Mapping[str, float]]


def worker_killed(scene: Scene) -> Hit:
    """kill -9 of a worker and its children while all of its slots are busy; a new worker starts immediately."""
    _keep_busy(scene)
    scene.worker.kill()
    hit = dict.fromkeys(scene.unfinished(), time.time())
    scene.worker.start()
    return lambda: hit


def redis_restarted(scene: Scene) -> Hit:
    """Redis is killed while jobs wait, and restarts empty a second later."""
    _keep_busy(scene)
    scene.redis.kill()
    hit = dict.fromkeys(scene.unfinished(), time.time())
    time.sleep(OUTAGE_SECONDS)
    scene.redis.start()
    return lambda: hit


def enqueue_reply_lost(scene: Scene) -> Hit:
    """For every third enqueued job, the connection closes instead of returning the reply."""
    scene.producer_proxy.choice.lose("enqueue", LOSE_EVERY)
    scene.producer.enqueue(JOBS)
    return lambda: recorded(scene.producer_proxy.losses)


def fetch_reply_lost(scene: Scene) -> Hit:
    """For every third reply that delivers one or more jobs to the worker, the connection closes instead."""
    scene.worker_proxy.choice.lose("fetch", LOSE_EVERY)
    scene.producer.enqueue(JOBS)
    return lambda: recorded(scene.worker_proxy.losses)


FAULTS: Mapping[str, Callable[[Scene], Hit]] = {
    "kill -9 of the worker": worker_killed,
    "Redis restarted empty": redis_restarted,
    "reply of the enqueue lost": enqueue_reply_lost,
    "reply of the fetch lost": fetch_reply_lost,
}


def _keep_busy(scene: Scene) -> None:
    scene.producer.enqueue(JOBS)
    wait_for("all slots are busy", BEGIN_SECONDS, lambda: len(scene.begun()) >= SLOTS)
