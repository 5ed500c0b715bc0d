"""`python -m benchmarks.repair [--documents N] [--mongodb URI]`: the reconciler's passes, and its queries' plans.

Without --mongodb it starts the server that `imagejobs up` would start. Most jobs are COMPLETED. Some hundreds each are
waiting, lost while waiting, running, held by a dead worker, or half deleted. The queries are those that the driver
really sent.
"""

import argparse
import resource
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from imagejobs.connections.mongodb import Database
from imagejobs.errors import BackingServiceUnavailable
from imagejobs.jobs.deletion import JobDeletion
from imagejobs.jobs.messages import JobMessages
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.mongo import MongoImageJobRepository, create_indexes
from imagejobs.jobs.repair import Repair, RepairPolicy
from imagejobs.jobs.stores import Stores
from imagejobs.storage.memory import MemoryStorage
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue
from pymongo import MongoClient
from rich.console import Console
from rich.table import Table

from benchmarks.seen_commands import SeenCommands
from benchmarks.sweep import server, stem

DATABASE = "repair_benchmark"
POLICY = RepairPolicy(timedelta(seconds=30), timedelta(seconds=600), max_attempts=5)
OLD, YOUNG = timedelta(minutes=5), timedelta(seconds=-3600)
"""The ages of jobs at the start. A young job stays young for as long as the benchmark runs."""
PASSES = 6
"""More passes than are needed to repair every job."""
BATCH = 2_000


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.repair", description=__doc__)
    arguments.add_argument("--documents", type=int, default=100_000)
    arguments.add_argument("--some", type=int, default=300, help="unfinished jobs of each kind")
    arguments.add_argument("--mongodb", help="mongodb://host:port of a server to use")
    options = arguments.parse_args()
    with server(options.mongodb) as address:
        client: MongoClient[dict[str, Any]] = MongoClient(address)
        client.drop_database(DATABASE)
        seen = SeenCommands()
        seen.register()
        repository = MongoImageJobRepository(Database(f"{address}/{DATABASE}"))
        create_indexes()
        fill(client, options.documents, list(unfinished_jobs(options.some, repository.now())), repository.now())
        measure(repository, client, seen)
        client.drop_database(DATABASE)


def fill(client: MongoClient[dict[str, Any]], documents: int, unfinished: list[dict[str, Any]], now: datetime) -> None:
    """Insert the documents, with the unfinished jobs spread among them."""
    started = time.perf_counter()
    collection = client[DATABASE]["image_jobs"]
    batch: list[dict[str, Any]] = []
    every = max(1, documents // len(unfinished))
    for number in range(documents):
        batch.append(job(number, unfinished.pop() if unfinished and number % every == 0 else completed(number, now)))
        if len(batch) == BATCH or number == documents - 1:
            collection.insert_many(batch)
            batch = []
    seconds = time.perf_counter() - started
    print(f"{collection.estimated_document_count()} documents, inserted in {seconds:.0f} s")


def job(number: int, more: dict[str, Any]) -> dict[str, Any]:
    """The fields of every record, and the given ones."""
    return {
        "_id": ObjectId(),
        "entityType": "event",
        "entityId": f"event-{number // 10}",
        "sourceImageURL": f"http://storage.invalid/raw/{stem(number)}.jpg",
        "sourceImageKey": f"raw/{stem(number)}.jpg",
        "attempt": 0,
        "lostLeases": 0,
        **more,
    }


def completed(number: int, now: datetime) -> dict[str, Any]:
    """The fields of a COMPLETED job."""
    times = dict.fromkeys(("createdAt", "updatedAt", "processedAt", "enqueuedAt"), now - OLD)
    key = f"optimized/{stem(number)}-optimized.webp"
    return {"status": "COMPLETED", "attempt": 1, "outputImageKey": key, **times}


def unfinished_jobs(some: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Jobs of each kind: lost, waiting, with a dead worker, running, and half deleted."""
    old, young = now - OLD, now - YOUNG
    for _ in range(some):
        yield {"status": "PENDING", "createdAt": old, "updatedAt": old, "enqueuedAt": old}
        yield {"status": "PENDING", "createdAt": young, "updatedAt": young, "enqueuedAt": young}
        yield {"status": "PROCESSING", "attempt": 1, "createdAt": old, "updatedAt": old, "leaseUntil": old}
        yield {"status": "PROCESSING", "attempt": 1, "createdAt": old, "updatedAt": old, "leaseUntil": young}
        yield {"status": "DELETING", "createdAt": old, "updatedAt": old}


def measure(repository: MongoImageJobRepository, client: MongoClient[dict[str, Any]], seen: SeenCommands) -> None:
    """Run the passes and print what each did, then print all commands they sent."""
    stores, rules = Stores(repository, MemoryStorage(), MemoryTaskQueue()), JobPolicy()
    repair = Repair(stores, JobMessages(stores, rules), JobDeletion(stores, rules), POLICY)
    seen.clear()
    for number in range(PASSES):
        started = time.perf_counter()
        try:
            done = {what: count for what, count in asdict(repair.run_once()).items() if count}
            said = str(done or "nothing to do")
        except BackingServiceUnavailable as error:
            said = f"cut short: {error}"
        print(f"pass {number + 1}: {(time.perf_counter() - started) * 1000:.0f} ms: {said}", flush=True)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    table = Table("command", "asks about", "times", "median ms", "longest ms", "plan")
    for each in seen.summary():
        table.add_row(
            each.name, each.asked, str(each.times), f"{each.median_ms:.1f}", f"{each.longest_ms:.1f}",
            each.plan(client[DATABASE]),
        )  # fmt: skip
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
