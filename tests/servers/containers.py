"""Real servers in containers, through testcontainers; which images, and why there may be none.

The environment variable IMAGES chooses: `official` pulls what compose.yaml names, `local` takes the stand-ins that
integration/images/build.sh makes. Unset, the official ones are used if they can be had, and tests that need them are
otherwise skipped, with the reason; once it is set, a container that does not start is a failure.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from imagejobs.embedded.services.probes import mongodb_answers
from servers.processes import wait_until
from testcontainers.community.minio import MinioContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer

ROOT = Path(__file__).parents[2]
LOOPBACK = "127.0.0.1"
STAND_IN = "image-jobs-stand-in"
START_SECONDS = 60.0
IMAGES_SECONDS = 1800.0
HOW_TO = "start a Docker engine; without an image registry set IMAGES=local too (integration/images/README.md)"


@dataclass(frozen=True)
class Images:
    """Names of images; `base` is what the Dockerfile builds on."""

    base: str
    redis: str
    mongodb: str
    minio: str

    def environment(self) -> dict[str, str]:
        """As compose.yaml takes them."""
        return {
            "BASE_IMAGE": self.base,
            "REDIS_IMAGE": self.redis,
            "MONGO_IMAGE": self.mongodb,
            "MINIO_IMAGE": self.minio,
        }


def wanted() -> str:
    """IMAGES, or "" when nobody said."""
    name = os.environ.get("IMAGES", "")
    assert name in {"", "official", "local"}, f"IMAGES={name}: use official or local"
    return name


def official_images() -> Images:
    """What compose.yaml names, or the environment over it: one place to pin them."""
    text = (ROOT / "compose.yaml").read_text()
    pinned = dict(re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", text))
    base, redis, mongodb, minio = (
        os.environ.get(name) or pinned[name] for name in ("BASE_IMAGE", "REDIS_IMAGE", "MONGO_IMAGE", "MINIO_IMAGE")
    )
    return Images(base, redis, mongodb, minio)


@cache
def images() -> Images:
    """The images of this run, pulled or built; without them the test is skipped."""
    if reason := problem():
        pytest.skip(f"no containers: {reason}; {HOW_TO}")
    if wanted() == "local":
        return Images(*(f"{STAND_IN}/{name}" for name in ("base", "redis", "mongodb", "minio")))
    return official_images()


def problem() -> str | None:
    """Why there can be no containers; fails the test instead where IMAGES says that there must be."""
    reason = _problem()
    if reason and wanted():
        pytest.fail(f"IMAGES={wanted()}, but {reason}; {HOW_TO}")
    return reason


@cache
def _problem() -> str | None:
    """Asked once, since pulling and building take long."""
    if failure := _failure("docker", "info"):
        return f"no Docker engine answers ({failure})"
    if wanted() == "local":
        return _failure("sh", str(ROOT / "integration" / "images" / "build.sh"))
    found = official_images()
    missing = [
        each for each in (found.redis, found.mongodb, found.minio) if _failure("docker", "image", "inspect", each)
    ]
    return next((failure for each in missing if (failure := _failure("docker", "pull", each))), None)


def _failure(*command: str) -> str | None:
    """What a command says that does not succeed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=IMAGES_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr or done.stdout).strip().splitlines() or [""]
    return f"{' '.join(command)}: {said[-1][:300]}" if done.returncode else None


@dataclass(frozen=True)
class Started:
    """A running container and the port on this machine under which it is reached."""

    container: Any
    port: int

    def pause(self) -> None:
        """Freeze it: connections stay, nothing is answered."""
        self.container.get_wrapped_container().pause()

    def unpause(self) -> None:
        """Let it go on."""
        self.container.get_wrapped_container().unpause()


@contextmanager
def redis_container() -> Iterator[Started]:
    """Redis, reached from this machine only."""
    with _started(RedisContainer(images().redis), 6379) as started:
        yield started


@contextmanager
def minio_container(access_key: str, secret_key: str) -> Iterator[Started]:
    """MinIO with these root credentials."""
    server = MinioContainer(images().minio, access_key=access_key, secret_key=secret_key)
    server.with_envs(MINIO_ROOT_USER=access_key, MINIO_ROOT_PASSWORD=secret_key)
    with _started(server, 9000) as started:
        yield started


@contextmanager
def mongodb_container() -> Iterator[Started]:
    """MongoDB without accounts, so that its entry point starts it once; MongoDbContainer would start it twice."""
    with _started(DockerContainer(images().mongodb), 27017, mongodb_answers) as started:
        yield started


@contextmanager
def _started(container: Any, port: int, answers: Callable[[int], bool] = bool) -> Iterator[Started]:
    # Reached through ports of the loopback interface, from inside a container too. The reaper is an image of its own,
    # which a machine without a registry does not have: leaving the block ends the container.
    testcontainers_config.ryuk_disabled = True
    testcontainers_config.tc_host_override = LOOPBACK
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host
    testcontainers_config.max_tries = int(START_SECONDS)
    container.ports = {f"{port}/tcp": (LOOPBACK, None)}
    with container:
        started = Started(container, int(container.get_exposed_port(port)))
        wait_until(lambda: answers(started.port), START_SECONDS)
        yield started


def docker_environment() -> Mapping[str, str]:
    """What the Docker commands need of this process's environment."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG") if name in os.environ}
