"""Where text for people goes."""

from rich.console import Console

WIDTH_OF_FILES = 200
"""Columns of what goes to a file or a pipe, which has no width of its own."""


def console_for(*, stderr: bool = False) -> Console:
    """A console that does not cut tables when it writes to a file or a pipe."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=WIDTH_OF_FILES)
