"""Reads what the observed workers wrote down; see observed_worker."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from faults.marked_pictures import MarkedPicture


@dataclass(frozen=True)
class Sightings:
    """Processes that became ready; deliveries of each job; conversions and deaths of each source; accepted attempts.

    `acks` are the tries to acknowledge a message of each job.
    """

    ready: frozenset[int] = frozenset()
    deliveries: Mapping[str, int] = field(default_factory=dict)
    conversions: Mapping[str, int] = field(default_factory=dict)
    deaths: Mapping[str, int] = field(default_factory=dict)
    accepted: Mapping[str, list[int]] = field(default_factory=dict)
    acks: Mapping[str, int] = field(default_factory=dict)


class Witness:
    """The directory WITNESS of the observed workers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)

    @property
    def settings(self) -> dict[str, str]:
        """What the observed workers need to know."""
        return {"WITNESS": str(self.directory)}

    def make_deadly(self, picture: MarkedPicture) -> None:
        """From now on this source kills every worker process that begins to convert it."""
        (self.directory / f"deadly.{picture.sha256}").touch()

    def make_slow(self, pictures: Iterable[MarkedPicture]) -> None:
        """From now on these sources take seconds longer."""
        for picture in pictures:
            (self.directory / f"slow.{picture.sha256}").touch()

    def sightings(self) -> Sightings:
        """All that was seen until now."""
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
