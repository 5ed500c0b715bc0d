"""`imagejobs demo`: starts the whole system, creates an event with images, and shows the results."""

import signal
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from imagejobs.cli.presentation.answer import INTERRUPTED, Answer, Failure
from imagejobs.cli.presentation.commands import AsJson, carry_out
from imagejobs.cli.presentation.console import console_for
from imagejobs.cli.presentation.failures import failure_of
from imagejobs.cli.presentation.jobs import Job, results_view
from imagejobs.cli.presentation.progress import progress_bar
from imagejobs.cli.submission.event import create_event, wait_for_jobs
from imagejobs.client.api_client import ApiClient
from imagejobs.embedded.up_file import UpState
from imagejobs.settings.settings import load_settings

WAIT_SECONDS = 300.0


def demo(
    images: Annotated[list[Path], typer.Argument(help="Image files.", exists=True, dir_okay=False, readable=True)],
    as_json: AsJson = False,
) -> None:
    """Start the whole system, create an event with IMAGES through the API, and show the results.

    On a terminal the system runs until Ctrl-C. Otherwise, and with --json, the command stops it and exits: 0 if every
    image was converted.
    """
    stay = not as_json and sys.stdout.isatty() and sys.stdin.isatty()
    shown = Show(images, console_for(stderr=as_json), stay=stay, as_json=as_json)
    carry_out(partial(_run_system, shown), as_json=as_json)


def _run_system(shown: "Show") -> Answer:
    """Run the whole system with the show beside it. Returns the answer of the show."""
    from imagejobs.embedded.up import run_up

    run_up(
        load_settings(storage="filesystem"),
        port=None,
        data_dir=None,
        workers=None,
        on_ready=shown.start,
        console=shown.console,
    )
    return shown.answer


class Show:
    """Uses the API as any client does, in a thread beside the supervisor.

    `answer` is the result of the command. For people the results are printed while the system runs; with `as_json`
    nothing is printed here, and the caller prints the answer. With `stay` the system keeps running unless the demo
    itself failed.
    """

    def __init__(self, images: Sequence[Path], console: Console, *, stay: bool = False, as_json: bool = False) -> None:
        self.console = console
        self.answer = Answer(failure=INTERRUPTED)
        self._images = images
        self._stay = stay
        self._as_json = as_json

    def start(self, state: UpState) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, args=(state,), name="demo", daemon=True).start()

    def _run(self, state: UpState) -> None:
        stays = False
        try:
            self.answer = self._show(state)
            stays = self._stay
        except OSError as error:
            self.answer = Answer(failure=Failure("unreadable", f"The demo failed: {error}"))
        except Exception as error:  # noqa: BLE001 - an exception that ends this thread would not be reported
            self.answer = Answer(failure=failure_of(error) or Failure("failed", f"The demo failed: {error!r}"))
        finally:  # also after SystemExit: otherwise the system would run on
            if stays:
                self._print_next_steps(state)
            else:
                signal.raise_signal(signal.SIGTERM)

    def _show(self, state: UpState) -> Answer:
        api = ApiClient(state.api_url, token=state.token, worker_token=state.worker_token)
        with progress_bar(self.console) as progress:
            task = progress.add_task("uploading", total=len(self._images))
            created = create_event(api, self._images)
            progress.update(task, completed=len(self._images))
            jobs = wait_for_jobs(api, created["imageJobIds"], WAIT_SECONDS, progress)
        event = api.call("getEvent", path={"id": created["_id"]}).data
        if not self._as_json:
            named = zip([path.name for path in self._images], jobs, strict=True)
            self.console.print(results_view(named), crop=False, highlight=False)
            self.console.print(f"\nThe event, as GET {state.api_url}/api/events/{event['_id']} returns it:")
            self.console.print_json(data=event)
        results = [{"file": str(path), "job": job} for path, job in zip(self._images, jobs, strict=True)]
        return Answer({"event": event, "results": results}, failure=_failure_of(jobs))

    def _print_next_steps(self, state: UpState) -> None:
        self.console.print(
            f"""
The system is running. Try, in another terminal:
  .venv/bin/imagejobs submit --wait YOUR.jpg     upload a picture of your own
  .venv/bin/imagejobs list                       list the jobs
  .venv/bin/imagejobs stats                      show the queue and the jobs by status
  open {state.api_url}/docs          read and try the API
Ctrl-C stops the system; its data stay in .imagejobs/.""",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _failure_of(jobs: Sequence[Job]) -> Failure | None:
    """None if every image was converted."""
    failed = sum(job["status"] != "COMPLETED" for job in jobs)
    return Failure("incomplete", f"{failed} of {len(jobs)} images were not converted.") if failed else None
