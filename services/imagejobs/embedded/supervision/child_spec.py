"""The description of a child, and the events of its life."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


def alive(_started_at: float) -> bool:
    """The readiness of a child that has no probe: it is ready as soon as it runs."""
    return True


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to start a child process, and how to find out whether it is ready.

    `env` is the whole environment. `ready` gets the time of the child's start in seconds since the epoch, and must
    return within a second. A `one_shot` child is ready when it has ended with exit code 0, and is not started again.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    log_file: Path
    ready: Callable[[float], bool] = alive
    one_shot: bool = False
    stop_signal: signal.Signals = signal.SIGTERM


Groups = Sequence[Sequence[ChildSpec]]
"""Children in order of dependency: a group is started when every child of the earlier groups is ready."""


class Happening(StrEnum):
    """The kinds of events."""

    STARTED = "started"
    READY = "ready"
    DIED = "died"
    RESTARTING = "restarting"
    STOPPED = "stopped"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class ChildEvent:
    """Something that happened to a child.

    If a signal ended the child, `exit_code` is the negative number of the signal, as in `subprocess`. `seconds` is how
    long a READY child took to become ready, or the time until a RESTARTING child is started.
    """

    happening: Happening
    spec: ChildSpec
    pid: int
    exit_code: int | None = None
    seconds: float | None = None
