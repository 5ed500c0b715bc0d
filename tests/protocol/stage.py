"""Runs the real services one adapter call at a time, so that anything may happen between two calls.

For each of its steps a program is run again from its start. The answers to its earlier calls are remembered, so only
the first call without an answer is really made, and the program is interrupted at the next one. So an actor in the
middle of its work is a plain value: it can be stored, compared, killed by dropping it, and continued in several ways.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from imagejobs.errors import BackingServiceUnavailable, DatabaseUnavailable
from imagejobs.events.errors import EventNotFound
from imagejobs.jobs.errors import JobConflict, JobNotFound
from imagejobs.jobs.model import ImageJob
from imagejobs.storage.object_storage import StorageUnavailable
from imagejobs.task_queue.task_queue import QueueUnavailable
from worlds.job_world import World

from protocol.actor import Actor, Answer, Call, Fault

PASSED_ON = frozenset({"public_url", "ping", "reclaim"})
"""Calls that change nothing and whose answers do not matter here."""
CLOCK = frozenset({"now", "new_id"})
WRITES = frozenset({"insert", "change", "remove", "put", "delete", "push"})
REFUSALS = (JobConflict, JobNotFound, EventNotFound, BackingServiceUnavailable)


class Paused(BaseException):
    """The program has made its step."""


class Stage:
    """A world whose services can be interrupted between any two calls of their adapters.

    A call that is not a step happens at the end of the step before it, so that its answer is old when it is used. These
    are the clock's answers and, to have fewer states, all reads unless `reads_are_steps`.
    """

    def __init__(self, *, reads_are_steps: bool = True) -> None:
        self._reads_are_steps = reads_are_steps
        self.world = World()
        self.called: Call | None = None
        self._playing = False
        self._answers: list[Answer] = []
        self._given = 0
        self._has_step = False
        self._is_paused = False
        self._fault: Fault | None = None
        self._attempt: int | None = None
        world = self.world
        self.repository = _Stepwise(self, world.repository, DatabaseUnavailable)
        self.storage = _Stepwise(self, world.storage, StorageUnavailable)
        self.world.wire(self.repository, self.storage, _Stepwise(self, world.queue, QueueUnavailable))

    def step(self, actor: Actor, fault: Fault | None = None) -> Actor:
        """Let the actor make its next call, with this fault."""
        self._answers, self._given = list(actor.answers), 0
        self._has_step = self._reads_are_steps or actor.has_begun
        self._is_paused = False
        self._fault, self._attempt, self.called, self._playing = fault, actor.attempt, None, True
        try:
            result = actor.program(self)
        except Paused:
            return replace(actor, answers=tuple(self._answers), attempt=self._attempt, has_begun=True)
        except REFUSALS as refusal:
            result = refusal
        finally:
            self._playing = False
        return replace(actor, answers=(), attempt=self._attempt, is_done=True, result=result)

    def has_claimed(self, job: ImageJob) -> None:
        """A worker's program reports its attempt."""
        self._attempt = job.attempt

    def records(self) -> dict[str, ImageJob]:
        """Every record by its id."""
        return {job.id: job for job in self.world.repository.all()}

    def snapshot(self) -> tuple[Any, ...]:
        """Everything outside the actors, to be compared and restored."""
        world = self.world
        return (
            world.clock.time,
            tuple(world.repository._jobs.items()),
            tuple(sorted(world.storage._objects.items())),
            tuple(world.queue.messages),
        )

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Restore a snapshot."""
        world = self.world
        world.clock.time, jobs, objects, messages = snapshot
        world.repository._jobs, world.storage._objects = dict(jobs), dict(objects)
        world.queue.messages.clear()
        world.queue.messages.extend(messages)

    def call(self, name: str, method: Callable[..., Any], arguments: tuple[Any, ...], away: type[Exception]) -> Any:
        """Answer from memory, make the call, or interrupt the program here."""
        if not self._playing or name in PASSED_ON:
            return method(*arguments)
        if self._is_paused:  # what would undo a failure is no part of being left in the middle
            raise Paused
        if self._given == len(self._answers):
            if name in WRITES or (self._reads_are_steps and name not in CLOCK):
                if not self._has_step:
                    self._is_paused = True
                    raise Paused
                answer = _answer(method, arguments, self._fault, away)
                self._has_step, self.called = False, Call(name, arguments, answer.value)
                self._answers.append(answer)
            else:
                self._answers.append(_answer(method, arguments, None, away))
        self._given += 1
        return self._answers[self._given - 1].give()


class _Stepwise:
    """A proxy of an adapter. `away` is the error that it raises in an outage."""

    is_shared = True

    def __init__(self, stage: Stage, adapter: object, away: type[Exception]) -> None:
        self._stage = stage
        self._adapter = adapter
        self._away = away

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._adapter, name)
        return lambda *arguments: self._stage.call(name, method, arguments, self._away)


def _answer(
    method: Callable[..., Any], arguments: tuple[Any, ...], fault: Fault | None, away: type[Exception]
) -> Answer:
    error: Exception | None = None
    value: Any = None
    if fault != Fault.AWAY:
        try:
            value = method(*arguments)
        except Exception as raised:  # noqa: BLE001 - whatever it is, the program gets it, now and each time again
            error = raised
    if fault:
        error = away(fault)
    if hasattr(value, "__next__"):
        value = tuple(value)
    return Answer(repr(error) if error else _key(value), value, error)


def _key(value: Any) -> object:
    if isinstance(value, Mapping):
        return frozenset(value.items())
    if isinstance(value, AbstractSet):
        return frozenset(value)
    return tuple(value) if isinstance(value, list) else value
