"""The group of all commands, which prints their errors."""

import sys
from collections.abc import Sequence
from contextvars import copy_context
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from imagejobs.cli.presentation.answer import CommandFailed, Failure, print_failure, print_json
from imagejobs.cli.presentation.failures import FORESEEN, failure_of


class CommandGroup(TyperGroup):
    """A group of commands. It prints foreseen errors without a traceback, and as JSON with `--json`."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        """Run the command line. With `--json` a mistake in it is printed here, because typer prints text only."""
        words = list(sys.argv[1:] if args is None else args)
        return copy_context().run(self._main, words, *rest, **options)

    def _main(self, words: list[str], *rest: Any, **options: Any) -> Any:
        if not _asks_for_json(words):
            return super().main(words, *rest, **options)
        try:
            code = super().main(words, *rest, **options | {"standalone_mode": False})
        except TyperException as error:
            print_json(Failure("usage", error.format_message()).as_json())
            code = error.exit_code
        except typer.Abort:
            print_json(Failure("interrupted", "The command was interrupted.").as_json())
            code = 1
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Print a foreseen error and exit."""
        try:
            return super().invoke(ctx)
        except (CommandFailed, *FORESEEN) as error:
            failure = failure_of(error)
            if failure is None:
                raise
            print_failure(failure)
            raise SystemExit(failure.exit_code) from None


def _asks_for_json(words: Sequence[str]) -> bool:
    before_names = words[: words.index("--")] if "--" in words else words
    return "--json" in before_names
