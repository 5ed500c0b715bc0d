"""The commands that hold the storage against the records."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from imagejobs.cli.reaching import DataDir, reach_stores
from imagejobs.cli.tables import console_for, damages_table, swept_table
from imagejobs.cli.waiting import progress_bar
from imagejobs.settings import Settings

if TYPE_CHECKING:
    from imagejobs.jobs.audit import Damage
    from imagejobs.jobs.repository import ImageJobRepository
    from imagejobs.jobs.sweep import Kind, Swept
    from imagejobs.storage.object_storage import ObjectStorage

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Delete also where most of what is there has no record.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Delete the objects that are no job's and older than ORPHAN_AFTER.

    Exits 1 when some were held back: so many together mean that MongoDB and bucket may not belong together.
    """
    found = _sweep(reach_stores(data_dir), dry_run=dry_run, hold_back=not everything)
    if as_json:
        typer.echo(json.dumps({kind: asdict(swept) for kind, swept in found.items()}))
    else:
        console_for().print(swept_table(found))
    if any(swept.held_back for swept in found.values()):
        raise typer.Exit(1)


def audit(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Find COMPLETED jobs whose objects are missing or of another size than recorded. Exits 1 if there are any."""
    jobs, damages = _audit(reach_stores(data_dir))
    if as_json:
        typer.echo(json.dumps({"jobs": jobs, "damages": [asdict(damage) for damage in damages]}))
    elif damages:
        console_for().print(damages_table(damages))
    else:
        typer.echo(f"{jobs} COMPLETED job(s), each with its objects")
    if damages:
        raise typer.Exit(1)


def _sweep(settings: Settings, *, dry_run: bool, hold_back: bool) -> Mapping["Kind", "Swept"]:
    from imagejobs.jobs.sweep import Kind, Swept
    from imagejobs.jobs.wiring import job_sweep

    found = {kind: Swept() for kind in Kind}
    with _stores(settings) as (repository, storage), progress_bar(console_for(stderr=True)) as progress:
        tasks = {kind: progress.add_task(f"sweeping {kind}", total=None) for kind in Kind}
        for kind, swept in job_sweep(repository, storage, settings).run(dry_run=dry_run, hold_back=hold_back):
            found[kind] += swept
            progress.advance(tasks[kind], swept.objects)
    return found


def _audit(settings: Settings) -> tuple[int, list["Damage"]]:
    from imagejobs.jobs.audit import Audit

    jobs = 0
    damages: list[Damage] = []
    with _stores(settings) as (repository, storage), progress_bar(console_for(stderr=True)) as progress:
        task = progress.add_task("looking at COMPLETED jobs", total=None)
        for page in Audit(repository, storage).run():
            jobs += page.jobs
            damages += page.damages
            progress.advance(task, page.jobs)
    return jobs, damages


@contextmanager
def _stores(settings: Settings) -> Iterator[tuple["ImageJobRepository", "ObjectStorage"]]:
    """The records and the objects that the settings name, closed afterwards."""
    from imagejobs.database import Database
    from imagejobs.jobs.mongo_repository import MongoImageJobRepository
    from imagejobs.storage.opening import open_storage

    storage = open_storage(settings)
    database = Database(settings.mongodb_uri)
    try:
        yield MongoImageJobRepository(database), storage
    finally:
        database.close()
