"""What a command line gives that is neither a file nor a number: texts, and standard input."""

import sys
from collections.abc import Iterable
from typing import TextIO

import typer


def text(value: str | None) -> str | None:
    """A callback of typer. Python hands on bytes that are not UTF-8 as halves of surrogate pairs; HTTP has none."""
    if value is not None and not _is_text(value):
        raise typer.BadParameter("it has bytes that are not UTF-8")
    return value


def texts(values: Iterable[str], hint: str) -> list[str]:
    """The same for many, such as ids from standard input; `hint` names the argument."""
    found = list(values)
    if wrong := next((each for each in found if not _is_text(each)), None):
        raise typer.BadParameter(f"{wrong!a} has bytes that are not UTF-8", param_hint=hint)
    return found


def standard_input(hint: str) -> TextIO:
    """Raises BadParameter where the caller has closed it."""
    if sys.stdin is None:  # as after `<&-`; typeshed does not know it
        raise typer.BadParameter("standard input is closed", param_hint=hint)
    return sys.stdin


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
