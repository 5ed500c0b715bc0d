"""All commands by name."""

from typing import Annotated

import typer

from imagejobs import __version__
from imagejobs.cli import convert, demo, doctor, image_jobs, job_changes, processes, submit, upkeep
from imagejobs.cli.presentation.command_group import CommandGroup
from imagejobs.cli.presentation.commands import answering

app = typer.Typer(
    cls=CommandGroup,
    help="Upload an image, get an optimised WebP back, and never lose a job.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Upload an image, get an optimised WebP back, and never lose a job."""


LOCAL, PROCESSES, JOBS = "On this machine", "Processes of a deployment", "Jobs"

app.command("up", rich_help_panel=LOCAL)(processes.up)
app.command("demo", rich_help_panel=LOCAL)(demo.demo)
app.command("convert", rich_help_panel=LOCAL)(answering(convert.convert))
app.command("doctor", rich_help_panel=LOCAL)(answering(doctor.doctor))
app.command("api", rich_help_panel=PROCESSES)(processes.api)
app.command("queue-adapter", rich_help_panel=PROCESSES)(processes.queue_adapter)
app.command("worker", rich_help_panel=PROCESSES)(processes.worker)
app.command("reconciler", rich_help_panel=PROCESSES)(processes.reconciler)
app.command("indexes", rich_help_panel=PROCESSES)(answering(processes.indexes))
app.command("sweep", rich_help_panel=PROCESSES)(answering(upkeep.sweep))
app.command("audit", rich_help_panel=PROCESSES)(answering(upkeep.audit))
app.command("submit", rich_help_panel=JOBS)(answering(submit.submit))
app.command("status", rich_help_panel=JOBS)(answering(image_jobs.status))
app.command("list", rich_help_panel=JOBS)(answering(image_jobs.list_jobs))
app.command("retry", rich_help_panel=JOBS)(answering(job_changes.retry))
app.command("delete", rich_help_panel=JOBS)(answering(job_changes.delete))
app.command("stats", rich_help_panel=JOBS)(answering(image_jobs.stats))
