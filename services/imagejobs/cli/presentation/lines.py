"""Views made of lines for a terminal of 80 columns. Ids, addresses and file names are never cut or broken."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from imagejobs.cli.presentation.console import printable

INDENT = 2


def plain(text: str, style: str = "") -> Text:
    """The text, interpreted neither as markup nor as commands of the terminal."""
    return Text(printable(text), style)


def whole_line(*parts: Text | str) -> Text:
    """A line without line breaks. A terminal that is too narrow continues it on the next row."""
    texts = (part if isinstance(part, Text) else plain(part) for part in parts)
    return Text.assemble(*texts, no_wrap=True, overflow="ignore")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that is wrapped between words on a terminal, and keeps its own lines elsewhere. No word is broken."""

    text: str
    indent: str = ""
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines for a console of this width."""
        width = options.max_width - len(self.indent) if console.is_terminal else sys.maxsize
        for line in printable(self.text).splitlines():
            for words in wrap(line, width, break_long_words=False, break_on_hyphens=False):
                yield whole_line(Text(f"{self.indent}{words}", self.style))


def indented(text: str) -> Paragraph:
    """A paragraph that is indented by INDENT columns."""
    return Paragraph(text, " " * INDENT)


def names_and_values(rows: Iterable[tuple[str, Text | str]]) -> RenderableType:
    """A name and a value on each line."""
    listed = list(rows)
    width = max((len(name) for name, _ in listed), default=0) + INDENT
    return Group(*(whole_line(Text(f"{name:{width}}", "bold"), value) for name, value in listed))
