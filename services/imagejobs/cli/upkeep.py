"""The commands that compare the storage with the records."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from imagejobs.cli.discovery import DataDir, store_settings
from imagejobs.cli.presentation.answer import Answer, Failure
from imagejobs.cli.presentation.progress import progress_bar
from imagejobs.cli.presentation.reports import damages_view, swept_view
from imagejobs.settings.settings import Settings

if TYPE_CHECKING:
    from imagejobs.jobs.records.port import ImageJobRepository
    from imagejobs.jobs.upkeep.audit import Damage
    from imagejobs.jobs.upkeep.sweep import Kind, Swept
    from imagejobs.storage.object_storage import ObjectStorage


def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Delete also if most objects have no record.")] = False,
    data_dir: DataDir = None,
) -> Answer:
    """Delete objects that belong to no job and are older than ORPHAN_AFTER.

    Exits 1 if objects were held back: if most have no record, MongoDB and the bucket may not belong together.
    """
    found = _sweep(store_settings(data_dir), dry_run=dry_run, hold_back=not everything)
    held_back = sum(swept.held_back for swept in found.values())
    failure = Failure(
        "held_back",
        f"{held_back} object(s) were not deleted: if MongoDB and the storage belong together, add --all",
    )
    counts = {str(kind): _counts(swept) for kind, swept in found.items()}
    return Answer(counts, swept_view(found), failure if held_back else None)


def audit(data_dir: DataDir = None) -> Answer:
    """Find COMPLETED jobs whose objects are missing or have another size than recorded. Exits 1 if there are any."""
    jobs, damages = _audit(store_settings(data_dir))
    data = {"jobs": jobs, "damages": [_damage(each) for each in damages]}
    if not damages:
        return Answer(data, f"{jobs} COMPLETED job(s), each with its objects")
    damaged = len({each.job_id for each in damages})
    return Answer(data, damages_view(damages), Failure("damaged", f"{damaged} of {jobs} COMPLETED job(s) are damaged"))


def _counts(swept: "Swept") -> dict[str, int]:
    return {
        "objects": swept.objects,
        "referenced": swept.referenced,
        "young": swept.young,
        "foreign": swept.foreign,
        "orphans": swept.orphans,
        "bytes": swept.bytes,
        "deleted": swept.deleted,
        "heldBack": swept.held_back,
    }


def _damage(damage: "Damage") -> dict[str, str | int | None]:
    return {
        "jobId": damage.job_id,
        "key": damage.key,
        "expectedBytes": damage.expected_bytes,
        "foundBytes": damage.found_bytes,
    }


def _sweep(settings: Settings, *, dry_run: bool, hold_back: bool) -> Mapping["Kind", "Swept"]:
    from imagejobs.jobs.upkeep.sweep import Kind, Swept
    from imagejobs.wiring.jobs import job_sweep

    found = {kind: Swept() for kind in Kind}
    with _stores(settings) as (repository, storage), progress_bar() as progress:
        tasks = {kind: progress.add_task(f"sweeping {kind}", total=None) for kind in Kind}
        for kind, swept in job_sweep(repository, storage, settings).run(dry_run=dry_run, hold_back=hold_back):
            found[kind] += swept
            progress.advance(tasks[kind], swept.objects)
    return found


def _audit(settings: Settings) -> tuple[int, list["Damage"]]:
    from imagejobs.jobs.upkeep.audit import Audit

    jobs = 0
    damages: list[Damage] = []
    with _stores(settings) as (repository, storage), progress_bar() as progress:
        task = progress.add_task("looking at COMPLETED jobs", total=None)
        for page in Audit(repository, storage).run():
            jobs += page.jobs
            damages += page.damages
            progress.advance(task, page.jobs)
    return jobs, damages


@contextmanager
def _stores(settings: Settings) -> Iterator[tuple["ImageJobRepository", "ObjectStorage"]]:
    """The repository and the storage of the settings. The database is closed at the end."""
    from imagejobs.connections.mongodb import Database
    from imagejobs.jobs.records.mongo import MongoImageJobRepository
    from imagejobs.wiring.storage import open_storage

    storage = open_storage(settings)
    database = Database(settings.mongodb_uri)
    try:
        yield MongoImageJobRepository(database), storage
    finally:
        database.close()
