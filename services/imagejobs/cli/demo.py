"""The command that shows it all: starts the system, makes an event with images, waits, and shows what came out."""

import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from imagejobs.cli.presentation.answer import INTERRUPTED, Answer, Failure
from imagejobs.cli.presentation.commands import AsJson, carry_out
from imagejobs.cli.presentation.console import console_for
from imagejobs.cli.presentation.failures import failure_of
from imagejobs.cli.presentation.jobs import Job, results_view
from imagejobs.cli.presentation.progress import progress_bar
from imagejobs.cli.submission.watch import ENDED, watch
from imagejobs.client.api_client import ApiClient, Part
from imagejobs.client.errors import ApiRefused
from imagejobs.embedded.up_file import UpState
from imagejobs.settings.settings import load_settings

WAIT_SECONDS = 300.0


def demo(
    images: Annotated[list[Path], typer.Argument(help="Image files.", exists=True, dir_okay=False, readable=True)],
    as_json: AsJson = False,
) -> None:
    """Start everything, create an event with IMAGES through the API, and show what came out.

    On a terminal it stays up until Ctrl-C. Without one, or with --json, it stops everything and exits: 0 if every image
    was converted.
    """
    stay = not as_json and sys.stdout.isatty() and sys.stdin.isatty()
    shown = Show(images, console_for(stderr=as_json), stay=stay, as_json=as_json)
    carry_out(partial(_run_system, shown), as_json=as_json)


def _run_system(shown: "Show") -> Answer:
    """Run everything, with this beside it, and return what that came to."""
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
    """Runs in a thread beside the supervisor, as a client like any other.

    `answer` is what it came to. Its view is printed while the system is up; as JSON all of it is left to the caller.
    """

    def __init__(self, images: Sequence[Path], console: Console, *, stay: bool = False, as_json: bool = False) -> None:
        self.console = console
        self.answer = Answer(failure=INTERRUPTED)
        self._images = images
        self._stay = stay
        self._as_json = as_json

    def start(self, state: UpState) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, args=(state,), name="demo", daemon=True).start()

    def _run(self, state: UpState) -> None:
        stays = False
        try:
            self.answer = self._show(state)
            stays = self._stay
        except OSError as error:
            self.answer = Answer(failure=Failure("unreadable", f"The demo did not work: {error}"))
        except Exception as error:  # noqa: BLE001 - nobody else sees what ends this thread
            self.answer = Answer(failure=failure_of(error) or Failure("failed", f"The demo did not work: {error!r}"))
        finally:  # and nobody else would stop what was started
            if stays:
                self._say_what_next(state)
            else:
                signal.raise_signal(signal.SIGTERM)

    def _show(self, state: UpState) -> Answer:
        api = ApiClient(state.api_url, token=state.token, worker_token=state.worker_token)
        with progress_bar(self.console) as progress:
            task = progress.add_task("uploading", total=len(self._images))
            created = create_event(api, self._images)
            progress.update(task, completed=len(self._images))
            jobs = wait_for_jobs(api, created["imageJobIds"], progress)
        event = api.call("getEvent", path={"id": created["_id"]}).data
        if not self._as_json:
            named = zip([path.name for path in self._images], jobs, strict=True)
            self.console.print(results_view(named), crop=False, highlight=False)
            self.console.print(f"\nThe event, as GET {state.api_url}/api/events/{event['_id']} shows it:")
            self.console.print_json(data=event)
        results = [{"file": str(path), "job": job} for path, job in zip(self._images, jobs, strict=True)]
        return Answer({"event": event, "results": results}, failure=_failure_of(jobs))

    def _say_what_next(self, state: UpState) -> None:
        self.console.print(
            f"""
Everything is up. Try, in another terminal:
  .venv/bin/imagejobs submit --wait YOUR.jpg     upload a picture of yours
  .venv/bin/imagejobs list                       see the jobs
  .venv/bin/imagejobs stats                      see the queue
  open {state.api_url}/docs          the API, to read and to try
Ctrl-C stops it all; the data stays in .imagejobs/.""",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _failure_of(jobs: Sequence[Job]) -> Failure | None:
    """None if every image was converted."""
    failed = sum(job["status"] != "COMPLETED" for job in jobs)
    return Failure("incomplete", f"{failed} of {len(jobs)} images were not converted.") if failed else None


def wait_for_jobs(api: ApiClient, job_ids: Sequence[str], progress: Progress) -> list[Job]:
    """The jobs in their order, as they are when all have ended or the time is over. Raises ApiRefused."""
    task = progress.add_task("converting", total=len(job_ids))
    jobs: dict[str, Job] = {}
    for job_id, job in watch(api, job_ids, WAIT_SECONDS):
        if isinstance(job, ApiRefused):
            raise job
        jobs[job_id] = job
        progress.update(task, completed=sum(each["status"] in ENDED for each in jobs.values()))
    return [jobs[job_id] for job_id in job_ids]


def create_event(api: ApiClient, images: Sequence[Path]) -> dict[str, Any]:
    """POST /api/events as the guide's curl does, with every image."""
    texts = {
        "name": "Demo Event",
        "community": "image-jobs",
        "date": "2024-01-01",
        "tutor[type]": "Internal",
        "tutor[name]": "John Doe",
    }
    with ExitStack() as files:
        parts: list[Part] = [(name, (None, text)) for name, text in texts.items()]
        parts += [("images", (path.name, files.enter_context(path.open("rb")))) for path in images]
        event: dict[str, Any] = api.call("createEvent", parts=parts, repeatable=False).data
    return event
