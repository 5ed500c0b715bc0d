"""Reads the observations that the workers of observed_worker recorded."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from faults.marked_pictures import MarkedPicture


@dataclass(frozen=True)
class Sightings:
    """The observations so far.

    `ready`: ids of processes that take messages. `deliveries` and `acks`: the number of messages started, and of tries
    to acknowledge one, by job id. `conversions` and `deaths`: their number by source hash. `accepted`: the attempts
    whose result was accepted, by job id.
    """

    ready: frozenset[int] = frozenset()
    deliveries: Mapping[str, int] = field(default_factory=dict)
    conversions: Mapping[str, int] = field(default_factory=dict)
    deaths: Mapping[str, int] = field(default_factory=dict)
    accepted: Mapping[str, list[int]] = field(default_factory=dict)
    acks: Mapping[str, int] = field(default_factory=dict)


class Witness:
    """The directory that a system's WITNESS setting names."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)

    @property
    def settings(self) -> dict[str, str]:
        """The settings that enable the observations in a system's workers."""
        return {"WITNESS": str(self.directory)}

    def make_deadly(self, picture: MarkedPicture) -> None:
        """From now on this source kills every worker process that begins to convert it."""
        (self.directory / f"deadly.{picture.sha256}").touch()

    def make_slow(self, pictures: Iterable[MarkedPicture]) -> None:
        """From now on the conversion of these sources takes seconds longer."""
        for picture in pictures:
            (self.directory / f"slow.{picture.sha256}").touch()

    def sightings(self) -> Sightings:
        """All observations so far."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        accepted: dict[str, list[int]] = {}
        for kind, subject, *rest in self._lines():
            if kind == "accepted":
                accepted.setdefault(subject, []).append(int(rest[0]))
            else:
                counts[kind][subject] += 1
        return Sightings(
            frozenset(map(int, counts["ready"])),
            counts["delivery"],
            counts["conversion"],
            counts["death"],
            accepted,
            counts["ack"],
        )

    def _lines(self) -> Iterator[list[str]]:
        seen = self.directory / "seen"
        if seen.exists():
            yield from (line.split() for line in seen.read_text().splitlines())
