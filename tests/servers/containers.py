"""Real servers in containers, started with testcontainers.

The environment variable IMAGES chooses the images: `official` pulls those that compose.yaml names, `local` builds
stand-ins with integration/images/build.sh. With either value, a test fails if a container does not start. Unset, tests
use the official images, and are skipped with the reason if these cannot be pulled or no Docker engine answers.
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
    """Names of images; `base` is the base image of the Dockerfile."""

    base: str
    redis: str
    mongodb: str
    minio: str

    def environment(self) -> dict[str, str]:
        """The environment variables with which compose.yaml uses these images."""
        return {
            "BASE_IMAGE": self.base,
            "REDIS_IMAGE": self.redis,
            "MONGO_IMAGE": self.mongodb,
            "MINIO_IMAGE": self.minio,
        }


def wanted() -> str:
    """The value of IMAGES: "official", "local", or "" if it is unset."""
    name = os.environ.get("IMAGES", "")
    assert name in {"", "official", "local"}, f"IMAGES={name}: use official or local"
    return name


def official_images() -> Images:
    """The images pinned in compose.yaml, each replaced by the environment variable of its name if that is set."""
    text = (ROOT / "compose.yaml").read_text()
    pinned = dict(re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", text))
    base, redis, mongodb, minio = (
        os.environ.get(name) or pinned[name] for name in ("BASE_IMAGE", "REDIS_IMAGE", "MONGO_IMAGE", "MINIO_IMAGE")
    )
    return Images(base, redis, mongodb, minio)


@cache
def images() -> Images:
    """The images of this run, pulled or built; skips the test if they are not available."""
    if reason := problem():
        pytest.skip(f"no containers: {reason}; {HOW_TO}")
    if wanted() == "local":
        return Images(*(f"{STAND_IN}/{name}" for name in ("base", "redis", "mongodb", "minio")))
    return official_images()


def problem() -> str | None:
    """Why containers cannot be used, or None if they can. Fails the test instead if IMAGES is set."""
    reason = _problem()
    if reason and wanted():
        pytest.fail(f"IMAGES={wanted()}, but {reason}; {HOW_TO}")
    return reason


@cache
def _problem() -> str | None:
    """Why containers cannot be used; pulls or builds the images. Cached, since both take minutes."""
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
    """The last line that a failing command printed, or None if the command succeeds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=IMAGES_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr or done.stdout).strip().splitlines() or [""]
    return f"{' '.join(command)}: {said[-1][:300]}" if done.returncode else None


@dataclass(frozen=True)
class Started:
    """A running container, and its port on this machine."""

    container: Any
    port: int

    def pause(self) -> None:
        """Freeze the container: its connections stay open, but nothing is answered."""
        self.container.get_wrapped_container().pause()

    def unpause(self) -> None:
        """Let the container run again."""
        self.container.get_wrapped_container().unpause()


@contextmanager
def redis_container() -> Iterator[Started]:
    """Redis in a container."""
    with _started(RedisContainer(images().redis), 6379) as started:
        yield started


@contextmanager
def minio_container(access_key: str, secret_key: str) -> Iterator[Started]:
    """MinIO in a container, with these root credentials."""
    server = MinioContainer(images().minio, access_key=access_key, secret_key=secret_key)
    server.with_envs(MINIO_ROOT_USER=access_key, MINIO_ROOT_PASSWORD=secret_key)
    with _started(server, 9000) as started:
        yield started


@contextmanager
def mongodb_container() -> Iterator[Started]:
    """MongoDB in a container, without accounts: with them, as in MongoDbContainer, its entry point starts it twice."""
    with _started(DockerContainer(images().mongodb), 27017, mongodb_answers) as started:
        yield started


@contextmanager
def _started(container: Any, port: int, answers: Callable[[int], bool] = bool) -> Iterator[Started]:
    # The container's port is published on the loopback interface, also when the tests run inside a container. The
    # reaper (ryuk) is off: it needs an image from a registry, and leaving the block already ends the container.
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
    """The environment variables of this process that Docker commands need."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG") if name in os.environ}
