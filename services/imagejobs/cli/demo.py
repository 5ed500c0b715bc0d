"""The command that shows it all: starts the system, makes an event with images, waits, and shows what came out."""

import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from imagejobs.cli.presentation.console import console_for
from imagejobs.cli.presentation.jobs import Job, results_view
from imagejobs.cli.presentation.progress import progress_bar
from imagejobs.cli.submission.waiting import ENDED, watch
from imagejobs.client.api_client import ApiClient, Part
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.embedded.up_file import UpState
from imagejobs.errors import BackingServiceUnavailable
from imagejobs.settings.settings import load_settings

WAIT_SECONDS = 300.0


def demo(
    images: Annotated[list[Path], typer.Argument(help="Image files.", exists=True, dir_okay=False, readable=True)],
) -> None:
    """Start everything, create an event with IMAGES through the API, and show what came out.

    On a terminal it stays up until Ctrl-C; without one it stops everything and exits, 0 if every image was converted.
    """
    from imagejobs.embedded.up import run_up

    console = console_for()
    show = Show(images, console, stay=sys.stdout.isatty() and sys.stdin.isatty())
    run_up(
        load_settings(storage="filesystem"),
        port=None,
        data_dir=None,
        workers=None,
        on_ready=show.start,
        console=console,
    )
    if not show.succeeded:
        raise typer.Exit(1)


class Show:
    """Runs in a thread beside the supervisor, as a client like any other."""

    def __init__(self, images: list[Path], console: Console, *, stay: bool) -> None:
        self._images = images
        self._console = console
        self._stay = stay
        self.succeeded = False

    def start(self, state: UpState) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, args=(state,), name="demo", daemon=True).start()

    def _run(self, state: UpState) -> None:
        stays = False
        try:
            self.succeeded = self._show(state)
            stays = self._stay
        except (ApiRefused, UnexpectedAnswer, BackingServiceUnavailable, OSError) as error:
            self._say_it_failed(str(error))
        except Exception as error:  # noqa: BLE001 - nobody else sees what ends this thread
            self._say_it_failed(repr(error))
        finally:  # and nobody else would stop what was started
            if stays:
                self._say_what_next(state)
            else:
                signal.raise_signal(signal.SIGTERM)

    def _show(self, state: UpState) -> bool:
        api = ApiClient(state.api_url, token=state.token, worker_token=state.worker_token)
        with progress_bar(self._console) as progress:
            task = progress.add_task("uploading", total=len(self._images))
            event = create_event(api, self._images)
            progress.update(task, completed=len(self._images))
            jobs = wait_for_jobs(api, event["imageJobIds"], progress)
        results = zip([path.name for path in self._images], jobs, strict=True)
        self._console.print(results_view(results), crop=False, highlight=False)
        self._console.print(f"\nThe event, as GET {state.api_url}/api/events/{event['_id']} shows it:")
        self._console.print_json(data=api.call("getEvent", path={"id": event["_id"]}).data)
        return all(job["status"] == "COMPLETED" for job in jobs)

    def _say_it_failed(self, reason: str) -> None:
        self._console.print(f"The demo did not work: {reason}", style="red", markup=False)

    def _say_what_next(self, state: UpState) -> None:
        self._console.print(
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


def create_event(api: ApiClient, images: list[Path]) -> dict[str, Any]:
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
