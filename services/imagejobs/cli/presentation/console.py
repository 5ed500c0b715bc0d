"""The consoles on which text for people is printed."""

from unicodedata import category

from rich.console import Console

WIDTH_OF_FILES = 200
"""Columns of a file or a pipe, which has no width of its own."""


def console_for(*, stderr: bool = False) -> Console:
    """A console that does not cut tables when it writes to a file or a pipe."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=WIDTH_OF_FILES)


def printable(text: str) -> str:
    """The text with control characters replaced: text from outside must not control the terminal."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(each) else each for each in text)


def _is_control(character: str) -> bool:
    """Lone surrogates count too: they stand for bytes of a file name that are not text, and cannot be printed."""
    return category(character) in {"Cc", "Cs"} and character not in "\n\t"
