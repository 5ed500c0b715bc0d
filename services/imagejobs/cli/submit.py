"""`imagejobs submit`: uploads files as image jobs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from imagejobs.cli.arguments import text
from imagejobs.cli.discovery import DataDir, find_api
from imagejobs.cli.presentation.answer import INTERRUPTED, Answer, CommandFailed, Failure
from imagejobs.cli.presentation.jobs import result_lines
from imagejobs.cli.presentation.lines import whole_line
from imagejobs.cli.presentation.progress import progress_bar, report
from imagejobs.cli.submission.results import Results, existing, result_files
from imagejobs.cli.submission.sources import Skipped, Source, find_sources
from imagejobs.cli.submission.submissions import Submission, upload_all, wait_for_all
from imagejobs.settings.settings import ApiAddress
from imagejobs.wiring.client import open_api_client

SHOWN = 5
"""The most names in one message."""


def submit(
    files: Annotated[list[Path], typer.Argument(help="Image files, and folders of them.", exists=True, readable=True)],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every job has ended, and show the results.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Wait, and save the results in this folder, under the sources' names.", file_okay=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --output: replace files that exist.")] = False,
    entity_type: Annotated[
        str, typer.Option(help="The kind of entity that the images belong to: event, report or other.", callback=text)
    ] = "other",
    entity_id: Annotated[str, typer.Option(help="The id of the entity.", callback=text)] = "command-line",
    timeout: Annotated[float, typer.Option(help="The longest time to wait, in seconds.", min=0)] = 300,
    data_dir: DataDir = None,
) -> Answer:
    """Upload images, and the images in folders. Exits 1 if one is not accepted; when waiting, also if one is not
    converted or not saved.

    Accepted jobs are printed in any case, also after Ctrl-C.
    """
    found = list(find_sources(files))
    skipped = [each for each in found if isinstance(each, Skipped)]
    submissions = _planned([each for each in found if isinstance(each, Source)], output, force=force)
    if not submissions:
        raise CommandFailed(Failure("no_images", _none_found(files, skipped)))
    waits = wait or output is not None
    is_interrupted = False
    address = find_api(data_dir).address
    api, results = open_api_client(address), _results(submissions, address, overwrite=force) if output else None
    with progress_bar() as progress:
        if skipped:
            report(progress, f"skipped {_listed(f'{each.file} ({each.reason})' for each in skipped)}", style="yellow")
        try:
            upload_all(api, submissions, (entity_type, entity_id), progress)
            if waits:
                wait_for_all(api, submissions, timeout, results, progress)
        except KeyboardInterrupt:
            is_interrupted = True
    data = [*(each.as_json() for each in submissions), *({"file": str(s.file), "skipped": s.reason} for s in skipped)]
    return Answer(data, _view(submissions), _failure(submissions, is_interrupted=is_interrupted))


def _planned(sources: Sequence[Source], output: Path | None, *, force: bool) -> list[Submission]:
    """A submission for each source, with the file for its result. Raises BadParameter before anything is sent."""
    if output is None:
        return [Submission(source.file) for source in sources]
    targets = list(result_files(output, [source.place for source in sources]))
    if not force and (there := existing(targets)):
        raise typer.BadParameter(
            f"{_listed(map(str, there))} would be overwritten: choose another folder, or add --force",
            param_hint="--output",
        )
    return [Submission(source.file, target) for source, target in zip(sources, targets, strict=True)]


def _results(submissions: Sequence[Submission], address: ApiAddress, *, overwrite: bool) -> Results:
    return Results((each.target for each in submissions if each.target), overwrite=overwrite, proxy=address.api_proxy)


def _none_found(files: Sequence[Path], skipped: Sequence[Skipped]) -> str:
    places = _listed(map(str, files))
    if not skipped:
        return f"No images were found in {places}: there are no files."
    return f"No images were found in {places}, only {_listed(f'{each.file} ({each.reason})' for each in skipped)}."


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _view(submissions: Sequence[Submission]) -> RenderableType | None:
    accepted = [(each, each.job) for each in submissions if each.job is not None]
    if not accepted:
        return None
    lines: list[RenderableType] = []
    for submission, job in accepted:
        lines += result_lines(str(submission.file), job)
        lines += [whole_line(f"  saved as {file}") for file in submission.outputs]
    return Group(*lines)


def _failure(submissions: Sequence[Submission], *, is_interrupted: bool) -> Failure | None:
    if is_interrupted:
        return replace(INTERRUPTED, message="The command was interrupted; the accepted jobs continue.")
    failed = [each for each in submissions if each.failure]
    if not failed:
        return None
    refused = sum(each.job is None for each in failed)
    saved = sum(each.failure is not None and each.failure.code == "not_saved" for each in failed)
    counts = {"not accepted": refused, "not completed": len(failed) - refused - saved, "not saved": saved}
    summary = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return Failure("incomplete", f"{len(failed)} of {len(submissions)} file(s) failed: {summary}")
