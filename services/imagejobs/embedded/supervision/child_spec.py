"""What the supervisor is told about a child, and what it tells about it."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


def alive(_started_at: float) -> bool:
    """Readiness of a child that cannot be asked: it runs."""
    return True


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to start one child process and how to know that it is ready.

    `env` is the whole environment. `ready` gets the time of the child's start (seconds since the epoch) and must
    answer within a second. A `one_shot` child is ready when it has ended with exit code 0 and is then left alone.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    log_file: Path
    ready: Callable[[float], bool] = alive
    one_shot: bool = False
    stop_signal: signal.Signals = signal.SIGTERM


Groups = Sequence[Sequence[ChildSpec]]
"""Children in order of dependency: a group is started when every child of the groups before it is ready."""


class Happening(StrEnum):
    """What can happen to a child."""

    STARTED = "started"
    READY = "ready"
    DIED = "died"
    RESTARTING = "restarting"
    STOPPED = "stopped"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class ChildEvent:
    """One thing that happened to one child.

    `exit_code` is negative for a signal's number, as in `subprocess`. `seconds` is the time a READY child took to
    become so, or the time until a RESTARTING one is started.
    """

    happening: Happening
    spec: ChildSpec
    pid: int
    exit_code: int | None = None
    seconds: float | None = None
