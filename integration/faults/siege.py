"""A system behind lossy proxies: each can lose or break what passes between it and a backing service."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backing import BackingServers
from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.ports import LOOPBACK
from servers.losing_proxy import LosingProxy
from servers.processes import MongoServer, RedisServer, mongo_server, redis_server

from faults.storage_proxy import StorageProxy
from faults.trial import Trial
from faults.world import World, faulty_system


@dataclass(frozen=True)
class Siege:
    """The system, the proxies in front of its services, and its servers, which keep their data when killed."""

    world: World
    redis: RedisServer
    mongodb: MongoServer
    redis_way: LosingProxy
    mongodb_way: LosingProxy
    storage_way: StorageProxy

    @contextmanager
    def trial(self, fault: str) -> Iterator[Trial]:
        """Like World.trial. If the block fails, every outage ends, so that later tests are unaffected."""
        with self.world.trial(fault) as trial:
            try:
                yield trial
            except BaseException:
                self.lift()
                raise

    def lift(self) -> None:
        """End every outage: heal the storage and start the servers that are down."""
        self.storage_way.heal()
        for server in (self.redis, self.mongodb):
            if server.process.poll() is not None:
                server.start()


@contextmanager
def besieged(servers: BackingServers, directory: Path, **settings: Any) -> Iterator[Siege]:
    """A besieged system whose API is ready when the block begins."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto logs each request
    backing = servers.backing()
    name = backing.bucket
    with (
        redis_server() as redis,
        mongo_server() as mongodb,
        LosingProxy(redis.port) as redis_way,
        LosingProxy(mongodb.port) as mongodb_way,
        StorageProxy(backing.s3.endpoint) as storage_way,
    ):
        own = replace(backing, redis_uri=redis.uri, mongodb_uri=mongodb.uri(name))
        reached = replace(
            backing,
            redis_uri=f"redis://{LOOPBACK}:{redis_way.port}/0",
            mongodb_uri=mongodb_uri(mongodb_way.port, name),
            s3=replace(backing.s3, endpoint=storage_way.endpoint),
        )
        with faulty_system(own, directory, reached, **settings) as world:
            yield Siege(world, redis, mongodb, redis_way, mongodb_way, storage_way)
