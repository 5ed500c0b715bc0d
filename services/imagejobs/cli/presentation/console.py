"""Where text for people goes."""

from unicodedata import category

from rich.console import Console

WIDTH_OF_FILES = 200
"""Columns of what goes to a file or a pipe, which has no width of its own."""


def console_for(*, stderr: bool = False) -> Console:
    """A console that does not cut tables when it writes to a file or a pipe."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=WIDTH_OF_FILES)


def printable(text: str) -> str:
    """The text without characters that a terminal takes for commands: others may have written it."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(each) else each for each in text)


def _is_control(character: str) -> bool:
    """Halves of surrogate pairs, which stand for bytes of a file's name that are not text, cannot be printed at all."""
    return category(character) in {"Cc", "Cs"} and character not in "\n\t"
