"""The answer of a command, and how it is printed: as text, or with `--json` as one JSON document."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import typer
from rich.console import RenderableType

from imagejobs.cli.presentation.console import console_for
from imagejobs.cli.presentation.lines import Paragraph

_output_is_taken = ContextVar("output_is_taken", default=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command did not do everything that was asked. `facts` are fields beside the code in the JSON."""

    code: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = 1
    shows_code: bool = False

    def as_json(self) -> dict[str, Any]:
        """The document, in the shape of the API's answer to a request that fails."""
        return {"success": False, "message": self.message, "error": {"code": self.code, **self.facts}}

    def as_error(self) -> dict[str, Any]:
        """The failure of one item, for a document about many items."""
        return {"code": self.code, "message": self.message, **self.facts}

    def labelled(self) -> str:
        """The message, followed by the code in brackets if it is one of the API or of the conversion."""
        return f"{self.message} [{self.code}]" if self.shows_code else self.message

    def as_text(self) -> str:
        """The message with the program's name before each line."""
        return "\n".join(f"imagejobs: {line}" for line in self.labelled().splitlines())


INTERRUPTED = Failure("interrupted", "The command was interrupted.", exit_code=130)


class CommandFailed(Exception):
    """Ends a command that has no other output."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answer:
    """The output of a command: `data` for programs, `view` for people.

    With a `failure` they show what was done before it. `beside` has further fields of the JSON document.
    """

    data: Any = None
    view: RenderableType | None = None
    failure: Failure | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)


def show(answer: Answer, *, as_json: bool) -> None:
    """Print the answer: as one JSON document, or the view on standard output and the failure on standard error."""
    with written_output():
        if as_json:
            print_json(_document(answer))
            return
        if answer.view is not None:
            console_for(stderr=_output_is_taken.get()).print(answer.view, crop=False, highlight=False)
    if answer.failure:
        print_failure(answer.failure)


def print_failure(failure: Failure) -> None:
    """Print why a command failed to standard error."""
    console_for(stderr=True).print(Paragraph(failure.as_text()), crop=False)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on a line."""
    typer.echo(json.dumps(document), err=_output_is_taken.get())


@contextmanager
def written_output() -> Iterator[None]:
    """For a block that writes to standard output. Raises CommandFailed if that fails, as on a full disk."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader closed the pipe, which is not an error of this command
    except OSError as error:
        _discard_standard_output()
        failure = Failure("not_written", f"standard output cannot be written: {error.strerror}")
        raise CommandFailed(failure) from None


def take_standard_output() -> None:
    """Keep standard output for the command's result: from now on everything else is printed on standard error."""
    _output_is_taken.set(True)


def _discard_standard_output() -> None:
    """Send the rest of the buffer to /dev/null: Python writes it at its end, and would fail with exit code 120."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _document(answer: Answer) -> dict[str, Any]:
    if answer.failure is None:
        return {"success": True, "data": answer.data, **answer.beside}
    done = {} if answer.data is None else {"data": answer.data}
    return {**answer.failure.as_json(), **done, **answer.beside}
