"""redis-server as a child, with its own port and directory, and an append-only file so that no job is lost."""

import os
import shutil
from pathlib import Path

from imagejobs.embedded.services.ports import LOOPBACK
from imagejobs.embedded.services.probes import redis_answers
from imagejobs.embedded.supervision.child_spec import ChildSpec
from imagejobs.errors import ConfigurationError

MISSING = (
    "redis-server: not found on PATH. Install it with `make install`, `apt-get install redis-server` "
    "or `brew install redis`"
)


def redis_uri(port: int) -> str:
    """The REDIS_URI of the server on this port."""
    return f"redis://{LOOPBACK}:{port}/0"


def redis_server(data_dir: Path, port: int) -> ChildSpec:
    """Describe the Redis server that keeps its data in DATA_DIR/redis.

    A crash of the process loses nothing. A crash of the machine may lose the last second (`appendfsync everysec`),
    which the reconciler repairs. No key is evicted. Raises ConfigurationError if redis-server is missing.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise ConfigurationError(MISSING)
    directory = data_dir / "redis"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "bind": LOOPBACK,
        "port": str(port),
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    arguments = (word for name, value in options.items() for word in (f"--{name}", value))
    return ChildSpec(
        name="redis",
        argv=(program, *arguments),
        env=dict(os.environ),
        log_file=data_dir / "logs" / "redis.log",
        ready=lambda _started_at: redis_answers(port),
    )
