"""Arguments that are text, and standard input."""

import sys
from collections.abc import Iterable
from typing import TextIO

import typer


def text(value: str | None) -> str | None:
    """A callback of typer. Raises BadParameter for bytes that are not UTF-8.

    Python passes such bytes on as lone surrogates, which HTTP cannot carry.
    """
    if value is not None and not _is_text(value):
        raise typer.BadParameter("the value has bytes that are not UTF-8")
    return value


def texts(values: Iterable[str], hint: str) -> list[str]:
    """Check many texts, such as ids from standard input. `hint` names the argument in the error."""
    found = list(values)
    if wrong := next((each for each in found if not _is_text(each)), None):
        raise typer.BadParameter(f"{wrong!a} has bytes that are not UTF-8", param_hint=hint)
    return found


def standard_input(hint: str) -> TextIO:
    """Standard input. Raises BadParameter if the caller has closed it."""
    if sys.stdin is None:  # after `<&-`; typeshed does not know that it may be None
        raise typer.BadParameter("standard input is closed", param_hint=hint)
    return sys.stdin


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
