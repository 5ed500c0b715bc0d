"""Commands that return an Answer: it is printed, and each of them has an option `--json`."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from imagejobs.cli.presentation.answer import INTERRUPTED, Answer, show
from imagejobs.cli.presentation.failures import failure_of

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, errors included, for programs.")]


def answering(command: Callable[..., Answer]) -> Callable[..., None]:
    """The command with an option `--json`, which prints the answer or the failure that is raised."""

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
    """Print the answer of the command, or the failure that it raises. Raises typer.Exit after a failure."""
    try:
        answer = command()
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        answer = Answer(failure=failure)
    except KeyboardInterrupt:
        answer = Answer(failure=INTERRUPTED)
    show(answer, as_json=as_json)
    if answer.failure:
        raise typer.Exit(answer.failure.exit_code)
