"""The progress of long commands."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from imagejobs.cli.presentation.console import console_for
from imagejobs.cli.presentation.lines import Paragraph


@contextmanager
def progress_bar(console: Console | None = None) -> Iterator[Progress]:
    """A bar with counts and elapsed time, by default on standard error. Only a terminal shows it."""
    shown_on = console or console_for(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=shown_on, disable=not shown_on.file.isatty()) as progress:
        yield progress


def report(progress: Progress, text: str, style: str = "red") -> None:
    """Print a text above the bar."""
    progress.console.print(Paragraph(text, style=style), crop=False)
