"""Views made of lines: they fit a terminal of 80 columns, and never cut or break an id, an address or a file's name."""

from collections.abc import Iterable
from unicodedata import category

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

INDENT = 2


def printable(text: str) -> str:
    """The text without characters that a terminal takes for commands: others may have written it."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if category(each) == "Cc" and each not in "\n\t" else each for each in text
    )


def plain(text: str, style: str = "") -> Text:
    """The text as it is, which is neither read as markup nor as commands of the terminal."""
    return Text(printable(text), style)


def whole_line(*parts: Text | str) -> Text:
    """A line that is never broken: a terminal that is too narrow continues it on the next row by itself."""
    texts = (part if isinstance(part, Text) else plain(part) for part in parts)
    return Text.assemble(*texts, no_wrap=True, overflow="ignore")


def indented(text: Text | str) -> RenderableType:
    """Text that is wrapped between words, a little to the right."""
    return Padding(text if isinstance(text, Text) else plain(text), (0, 0, 0, INDENT), expand=False)


def names_and_values(rows: Iterable[tuple[str, Text | str]]) -> RenderableType:
    """A name and a value on each line."""
    listed = list(rows)
    width = max((len(name) for name, _ in listed), default=0) + INDENT
    return Group(*(whole_line(Text(f"{name:{width}}", "bold"), value) for name, value in listed))
