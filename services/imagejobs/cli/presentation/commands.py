"""Commands that answer: what they return is shown, and an option `--json` is theirs."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from imagejobs.cli.presentation.answer import INTERRUPTED, Answer, show
from imagejobs.cli.presentation.failures import failure_of

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, errors included, for programs.")]


def answering(command: Callable[..., Answer]) -> Callable[..., None]:
    """The command with an option `--json`: it shows what the command answers, or the failure that it raises."""

    @functools.wraps(command)
    def answer(*args: Any, as_json: bool, **options: Any) -> None:
        carry_out(functools.partial(command, *args, **options), as_json=as_json)

    signature = inspect.signature(command)
    option = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson)
    answer.__signature__ = signature.replace(  # type: ignore[attr-defined]  # where inspect looks first
        parameters=[*signature.parameters.values(), option]
    )
    return answer


def carry_out(command: Callable[[], Answer], *, as_json: bool) -> None:
    """Show what the command answers, or the failure that it raises. Ends the program unless the command succeeded."""
    try:
        said = command()
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        said = Answer(failure=failure)
    except KeyboardInterrupt:
        said = Answer(failure=INTERRUPTED)
    show(said, as_json=as_json)
    if said.failure:
        raise typer.Exit(said.failure.exit_code)
