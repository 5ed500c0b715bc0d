"""Makes the same change to many jobs, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import typer
from rich.progress import Progress

from imagejobs.cli.arguments import standard_input, texts
from imagejobs.cli.presentation.answer import INTERRUPTED, Failure
from imagejobs.cli.presentation.failures import failure_of
from imagejobs.cli.presentation.progress import progress_bar, report
from imagejobs.client.errors import ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """The API's answer for one job, or the reason why the job was not changed."""

    job_id: str
    job: Any = None
    failure: Failure | None = None

    def as_json(self) -> dict[str, Any]:
        """The id, and the job or the error."""
        return {"id": self.job_id, **({"error": self.failure.as_error()} if self.failure else {"job": self.job})}


def job_ids(words: Sequence[str]) -> list[str]:
    """The ids, each once. `-` stands for ids from standard input, separated by spaces or line ends."""
    ids: dict[str, None] = {}
    for word in words:
        ids.update(dict.fromkeys(standard_input("ID").read().split() if word == STANDARD_INPUT else [word]))
    if not ids and STANDARD_INPUT in words:
        raise typer.BadParameter("standard input has no ids", param_hint="ID")
    return texts(ids, "ID")


def change_all(doing: str, ids: Sequence[str], change: Callable[[str], Any]) -> list[Change]:
    """Change every job. If the API refuses one, the next is tried. If the API itself fails, the rest is not tried."""
    changes: list[Change] = []
    if not ids:
        return changes
    with progress_bar() as progress:
        task = progress.add_task(doing, total=len(ids))
        for job_id in ids:
            try:
                changes.append(Change(job_id, change(job_id)))
            except ApiRefused as error:
                changes.append(_failed(job_id, failure_of(error), progress, len(ids)))
            except (BackingServiceUnavailable, UnexpectedAnswer) as error:
                changes.append(_failed(job_id, _api_failure(error), progress, len(ids)))
                untried = Failure("not_tried", "The job was not tried, because the API failed at an earlier job.")
                return changes + [Change(each, failure=untried) for each in ids[len(changes) :]]
            except KeyboardInterrupt:
                return changes + [Change(each, failure=INTERRUPTED) for each in ids[len(changes) :]]
            progress.advance(task)
    return changes


def _failed(job_id: str, failure: Failure | None, progress: Progress, count: int) -> Change:
    """The change that failed. If there are others, its failure is reported at once."""
    if failure and count > 1:
        report(progress, f"{job_id}: {failure.labelled()}")
    return Change(job_id, failure=failure)


def _api_failure(error: Exception) -> Failure | None:
    failure = failure_of(error)
    if failure is None or (isinstance(error, ApiUnavailable) and error.is_refused):
        return failure
    return replace(failure, message=f"{failure.message} (whether the job was changed is not known)")
