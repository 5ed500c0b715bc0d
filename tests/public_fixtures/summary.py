"""The report of a run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from public_fixtures.known import explanation
from public_fixtures.trial import Outcome, Verdict
from rich.console import Console
from rich.table import Table


@dataclass(slots=True)
class Report:
    """The outcome of each file, and the archives that could not be fetched."""

    outcomes: list[Outcome] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)

    @property
    def read(self) -> list[Outcome]:
        """The files that the references read."""
        return [each for each in self.outcomes if each.verdict is not Verdict.UNREAD]

    @property
    def findings(self) -> list[Outcome]:
        """The files that are different or refused without a known reason."""
        return [each for each in self.outcomes if each.is_deviation and explanation(each) is None]

    @property
    def needless(self) -> list[Outcome]:
        """The files that are shown correctly although known.py explains a difference."""
        return [each for each in self.outcomes if each.verdict is Verdict.SAME and explanation(each) is not None]


def show(report: Report, console: Console) -> None:
    """Print a row for each format, the known reasons, the archives not fetched, and what known.py does not explain."""
    columns = ("format", "files", "read by the references", *(each for each in Verdict if each is not Verdict.UNREAD))
    table = Table(*columns, "of these known", title="Public fixtures")
    formats = sorted({each.fixture.format for each in report.outcomes})
    for name in formats:
        table.add_row(name, *_row([each for each in report.outcomes if each.fixture.format == name]))
    table.add_row("all", *_row(report.outcomes))
    console.print(table)
    _show_known(report.outcomes, console)
    for title in report.unavailable:
        console.print(f"not fetched: {title}", markup=False)
    for each in report.findings:
        console.print(f"{each.verdict}: {each.name}: {each.reason}", markup=False)
    for each in report.needless:
        console.print(f"shown right, although known.py explains a difference: {each.name}", markup=False)


def _row(outcomes: Sequence[Outcome]) -> list[str]:
    counts = Counter(each.verdict for each in outcomes)
    unread = counts.pop(Verdict.UNREAD, 0)
    known = sum(each.is_deviation and explanation(each) is not None for each in outcomes)
    numbers = (len(outcomes), len(outcomes) - unread, *(counts[each] for each in Verdict if each is not Verdict.UNREAD))
    return [str(each) for each in (*numbers, known)]


def _show_known(outcomes: Sequence[Outcome], console: Console) -> None:
    reasons = Counter(explanation(each) for each in outcomes if each.is_deviation)
    for reason, number in reasons.most_common():
        if reason:
            console.print(f"known, {number} files: {reason}", markup=False)
