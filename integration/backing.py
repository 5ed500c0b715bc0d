"""Redis, MongoDB and S3 for whole systems: containers if Docker is available, else processes on this machine."""

import itertools
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from imagejobs.embedded.services.mongodb import mongodb_uri
from servers.containers import HOW_TO, LOOPBACK, mongodb_container, problem, redis_container
from servers.processes import mongo_server, redis_server
from servers.s3_services import REGION, S3Service, minio_service, moto_service

_redis_databases = itertools.cycle(range(16))


@dataclass(frozen=True)
class Backing:
    """A Redis database, a MongoDB database and a bucket that only one system uses."""

    redis_uri: str
    mongodb_uri: str
    s3: S3Service
    bucket: str

    def environment(self) -> dict[str, str]:
        """The settings that connect a system to these services. The bucket is public, its sources included."""
        return {
            "REDIS_URI": self.redis_uri,
            "MONGODB_URI": self.mongodb_uri,
            "STORAGE": "s3",
            "R2_ENDPOINT": self.s3.endpoint,
            "R2_ACCESS_KEY_ID": self.s3.access_key,
            "R2_SECRET_ACCESS_KEY": self.s3.secret_key,
            "R2_BUCKET": self.bucket,
            "R2_PUBLIC_URL": f"{self.s3.endpoint}/{self.bucket}",
            "R2_REGION": REGION,
        }


@dataclass(frozen=True)
class BackingServers:
    """The servers that every system of a test run shares."""

    redis_port: int
    mongodb_port: int
    s3: S3Service

    def backing(self) -> Backing:
        """A new Redis database, MongoDB database and bucket on these servers."""
        name = f"test-{secrets.token_hex(6)}"
        self.s3.make_bucket(name)
        redis_uri = f"redis://{LOOPBACK}:{self.redis_port}/{next(_redis_databases)}"
        return Backing(redis_uri, mongodb_uri(self.mongodb_port, name), self.s3, name)


@contextmanager
def backing_servers() -> Iterator[BackingServers]:
    """Start the servers; stop them when the block ends."""
    with ExitStack() as stack:
        if problem():
            redis_port = stack.enter_context(redis_server()).port
            mongodb_port = stack.enter_context(mongo_server()).port
            s3 = stack.enter_context(minio_service() if shutil.which("minio") else moto_service())
        else:
            redis_port = stack.enter_context(redis_container()).port
            mongodb_port = stack.enter_context(mongodb_container()).port
            s3 = stack.enter_context(minio_service())
        yield BackingServers(redis_port, mongodb_port, s3)


def what_was_left_out() -> str | None:
    """One line on what this run did not test and how to enable it; None if the run tested everything."""
    reason = problem()
    if not reason:
        return None
    s3 = "minio" if shutil.which("minio") else "moto"
    return f"ran on redis-server, nx-27017 and {s3}; not tested: containers and compose.yaml: {reason}; {HOW_TO}"
