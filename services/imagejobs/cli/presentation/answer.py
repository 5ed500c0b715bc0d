"""What a command has to say, and the one place that says it: as text, or with `--json` as one JSON document."""

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
    """Why a command did not do all of what it was asked. `facts` go beside the code into the JSON."""

    code: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = 1
    shows_code: bool = False

    def as_json(self) -> dict[str, Any]:
        """The API's answer to a request that fails has the same shape."""
        return {"success": False, "message": self.message, "error": {"code": self.code, **self.facts}}

    def as_error(self) -> dict[str, Any]:
        """As the failure of one of many things, all of which are in one document."""
        return {"code": self.code, "message": self.message, **self.facts}

    def labelled(self) -> str:
        """The message, with the code where it is one of the API's or the conversion's."""
        return f"{self.message} [{self.code}]" if self.shows_code else self.message

    def as_text(self) -> str:
        """Each line of the message by itself, with the program's name in front."""
        return "\n".join(f"imagejobs: {line}" for line in self.labelled().splitlines())


INTERRUPTED = Failure("interrupted", "The command was interrupted.", exit_code=130)


class CommandFailed(Exception):
    """Ends a command that has nothing else to say."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is for programs and `view` for people; with a `failure` they are what was done before it.

    `beside` is what the JSON has beside the data.
    """

    data: Any = None
    view: RenderableType | None = None
    failure: Failure | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)


def show(answer: Answer, *, as_json: bool) -> None:
    """Print the answer: one JSON document, or a view on standard output and the failure on standard error."""
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
    """Write to standard output in this block. Raises CommandFailed where it takes nothing more, as on a full disk."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader has seen enough, which is not an error of this command
    except OSError as error:
        _discard_standard_output()
        failure = Failure("not_written", f"standard output cannot be written: {error.strerror}")
        raise CommandFailed(failure) from None


def take_standard_output() -> None:
    """From now on standard output is for a command's result alone; what it has to say goes to standard error."""
    _output_is_taken.set(True)


def _discard_standard_output() -> None:
    """What its buffer still holds would fail again when Python ends: with a traceback, and exit code 120."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _document(answer: Answer) -> dict[str, Any]:
    if answer.failure is None:
        return {"success": True, "data": answer.data, **answer.beside}
    done = {} if answer.data is None else {"data": answer.data}
    return {**answer.failure.as_json(), **done, **answer.beside}
