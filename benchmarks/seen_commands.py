"""Records the commands that a program sends to MongoDB, their duration, and the server's query plans."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import monitoring
from pymongo.database import Database
from pymongo.errors import PyMongoError

CONDITIONS = {"find": "filter", "count": "query", "findAndModify": "query", "aggregate": "pipeline"}
"""The places in the different commands with a plan that contain the conditions."""
SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Kind:
    """Commands that differ only in their values; `example` is one of them."""

    name: str
    asked: str
    durations_ms: tuple[float, ...]
    example: Mapping[str, Any]

    @property
    def times(self) -> int:
        """How often such a command was sent."""
        return len(self.durations_ms)

    @property
    def median_ms(self) -> float:
        """The median duration as measured by the driver."""
        return statistics.median(self.durations_ms)

    @property
    def longest_ms(self) -> float:
        """The longest duration as measured by the driver."""
        return max(self.durations_ms)

    def plan(self, database: "Database[dict[str, Any]]") -> str:
        """The server's plan of a find with the same conditions and order, if the server can explain it."""
        conditions = self.example.get(CONDITIONS.get(self.name, ""))
        if not isinstance(conditions, Mapping):
            return "no plan of this command"
        question = {"find": self.example[self.name], "filter": conditions, "sort": self.example.get("sort", {})}
        try:
            answer = database.command("explain", question)
            return str(answer["queryPlanner"]["winningPlan"])[:SHOWN_CHARACTERS]
        except (PyMongoError, KeyError) as error:
            return f"no plan: {error}"[:SHOWN_CHARACTERS]


class SeenCommands(monitoring.CommandListener):
    """Listens to every command of clients that are created after `register`."""

    def __init__(self) -> None:
        self._begun: dict[int, Mapping[str, Any]] = {}
        self._ended: dict[tuple[str, str], list[tuple[float, Mapping[str, Any]]]] = defaultdict(list)

    def register(self) -> None:
        """Listen to the clients that are created from now on."""
        monitoring.register(self)

    def clear(self) -> None:
        """Forget the recorded commands."""
        self._ended.clear()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """See CommandListener."""
        self._begun[event.request_id] = dict(event.command)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """See CommandListener."""
        self._note(event)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """See CommandListener. A command that the driver gave up took at least the driver's timeout."""
        self._note(event)

    def _note(self, event: monitoring.CommandSucceededEvent | monitoring.CommandFailedEvent) -> None:
        command = self._begun.pop(event.request_id)
        kind = event.command_name, shape(command.get(CONDITIONS.get(event.command_name, "")))
        self._ended[kind].append((event.duration_micros / 1000, command))

    def summary(self) -> Sequence[Kind]:
        """The kinds of commands, in the order in which they were first sent."""
        return [
            Kind(name, asked, tuple(ms for ms, _ in calls), calls[0][1]) for (name, asked), calls in self._ended.items()
        ]


def shape(conditions: object) -> str:
    """The conditions without their values, except statuses and the fields that a pipeline groups by."""
    if isinstance(conditions, Mapping):
        return ", ".join(f"{name} {shape(value)}".strip() for name, value in conditions.items())
    if isinstance(conditions, list):
        parts = dict.fromkeys(shape(each) for each in conditions)
        return f"({' | '.join(part for part in parts if part)})"
    return conditions if isinstance(conditions, str) and (conditions.isupper() or conditions.startswith("$")) else ""
