"""An actor of the model: a program, how far it has got, and the answers to its calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protocol.stage import Stage


class Fault(StrEnum):
    """What the service behind an adapter does instead of answering."""

    AWAY = "away"
    REPLY_LOST = "reply lost"


class Role(StrEnum):
    """Which kind of program changes something."""

    UPLOAD = "upload"
    WORKER = "worker"
    RETRY = "retry"
    DELETE = "delete"
    REPAIR = "repair"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call returned or raised. Comparisons use `key`."""

    key: object
    value: Any = field(compare=False)
    error: Exception | None = field(default=None, compare=False)

    def give(self) -> Any:
        """Return or raise it once more."""
        if self.error:
            raise self.error
        return self.value


@dataclass(frozen=True, slots=True)
class Call:
    """The adapter call of a step, and what it returned."""

    name: str
    arguments: tuple[Any, ...]
    returned: Any


@dataclass(frozen=True, slots=True)
class Actor:
    """A program and how far it has got. Workers that are `is_fenced` report with the `attempt` of their claim."""

    name: str
    role: Role
    program: Callable[["Stage"], object] = field(compare=False)
    job_id: str = ""
    is_fenced: bool = True
    answers: tuple[Answer, ...] = ()
    attempt: int | None = None
    has_begun: bool = False
    is_done: bool = False
    result: object = field(default=None, compare=False)
    marked: frozenset[str] = frozenset()
    """Jobs that this actor has marked as queued without having pushed their message yet."""

    @property
    def accepted(self) -> frozenset[str]:
        """The jobs that an upload has returned."""
        if self.role == Role.UPLOAD and isinstance(self.result, list):
            return frozenset(job.id for job in self.result)
        return frozenset()
