"""All histories of a small system: every order of its actors' calls, of steps of time, and of faults."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from protocol.actor import Actor, Fault, Role
from protocol.end import check_end
from protocol.laws import judged_step
from protocol.stage import Stage


@dataclass(frozen=True, slots=True)
class Node:
    """A state: everything outside the actors, how far each of them has got, and what may still happen."""

    snapshot: tuple[Any, ...]
    actors: tuple[Actor, ...]
    times: tuple[timedelta, ...]
    faults: int
    accepted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Explored:
    """How many states there are, how many of them differ outside the actors, and the most steps to reach one."""

    states: int
    ends: int
    depth: int


def explore(stage: Stage, actors: Sequence[Actor], times: Sequence[timedelta] = (), faults: int = 0) -> Explored:
    """Visit each state once, breadth first, from the present one, and check the laws at each step.

    From each state the end is checked too, with all actors dead: so each of them is killed at each of its steps.
    `times` pass in this order, at any moment. Up to `faults` calls fail.
    """
    deleted = {actor.job_id for actor in actors if actor.role == Role.DELETE}
    accepted = frozenset(stage.records())
    first = Node(stage.snapshot(), tuple(actors), tuple(times), faults, accepted)
    seen, ends = {first}, set()
    level, depth = [first], 0
    while level:
        for node in level:
            if (end := (node.snapshot, node.accepted)) not in ends:
                ends.add(end)
                stage.restore(node.snapshot)
                check_end(stage.world, node.accepted, deleted, frozenset())
        level = [new for node in level for new in _next(stage, node) if new not in seen and not seen.add(new)]  # type: ignore[func-returns-value]
        depth += bool(level)
    return Explored(len(seen), len(ends), depth)


def _next(stage: Stage, node: Node) -> Iterator[Node]:
    for number, actor in enumerate(node.actors):
        for fault in (None, *Fault) if node.faults else (None,):
            if not actor.is_done:
                yield _stepped(stage, node, number, fault)
    if node.times:
        stage.restore(node.snapshot)
        stage.world.clock.advance(node.times[0])
        yield Node(stage.snapshot(), node.actors, node.times[1:], node.faults, node.accepted)


def _stepped(stage: Stage, node: Node, number: int, fault: Fault | None) -> Node:
    stage.restore(node.snapshot)
    actor = judged_step(stage, node.actors[number], fault)
    actors = (*node.actors[:number], actor, *node.actors[number + 1 :])
    return Node(stage.snapshot(), actors, node.times, node.faults - bool(fault), node.accepted | actor.accepted)
