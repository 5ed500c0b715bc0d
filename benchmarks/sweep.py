"""`python -m benchmarks.sweep [--documents N] [--mongodb URI]`: one sweep, one audit, and the indexes that they use.

Without --mongodb it starts the server that `imagejobs up` would start. The storage generates its listing on the fly,
so the figures measure the database and the program only.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson import ObjectId
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.mongodb import mongodb, mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.services.probes import mongodb_answers
from imagejobs.jobs.records.mongo import MongoImageJobRepository, create_indexes
from imagejobs.jobs.upkeep.audit import Audit
from imagejobs.jobs.upkeep.sweep import Sweep, SweepPolicy, Swept
from imagejobs.storage.memory import MemoryStorage
from imagejobs.storage.object_storage import ObjectInfo
from pymongo import MongoClient
from pymongo.errors import PyMongoError

DATABASE = "sweep_benchmark"
WRITTEN = datetime(2024, 1, 1, tzinfo=UTC)
ORPHAN_EVERY = 1000
START_SECONDS = 30.0


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.sweep")
    arguments.add_argument("--documents", type=int, default=100_000)
    arguments.add_argument("--mongodb", help="mongodb://host:port of a server to use")
    options = arguments.parse_args()
    with server(options.mongodb) as address:
        client: MongoClient[dict[str, Any]] = MongoClient(address)
        client.drop_database(DATABASE)
        database = Database(f"{address}/{DATABASE}")
        create_indexes()
        fill(client, options.documents)
        measure(MongoImageJobRepository(database), options.documents)
        explain(client, options.documents)
        client.drop_database(DATABASE)


@contextmanager
def server(address: str | None) -> Iterator[str]:
    """The address of the given server, or of a child process that runs one."""
    if address:
        yield address.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        spec = mongodb(Path(directory), port)
        with subprocess.Popen(spec.argv, env=dict(os.environ), stderr=subprocess.DEVNULL) as process:
            try:
                deadline = time.monotonic() + START_SECONDS
                while not mongodb_answers(port):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise SystemExit("the database did not start")
                    time.sleep(0.05)
                yield mongodb_uri(port, "").rstrip("/")
            finally:
                process.terminate()


def stem(number: int) -> str:
    """The part of an upload's key that its outputs share."""
    return f"{1_600_000_000_000 + number}-0123456789ab"


def outputs(number: int) -> list[str]:
    """The keys of a job's output and of its rendition."""
    return [f"optimized/{stem(number)}-optimized{end}.webp" for end in ("-480", "")]


class Listing(MemoryStorage):
    """Two outputs and a source for each document, and orphans among them; each object is old and has five bytes."""

    def __init__(self, documents: int) -> None:
        super().__init__()
        self._documents = documents
        self.deleted = 0

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStorage."""
        for number in range(self._documents + self._documents // ORPHAN_EVERY):
            keys = [f"raw/{stem(number)}.jpg"] if prefix == "raw/" else outputs(number)
            for key in keys:
                yield ObjectInfo(key, 5, "image/webp", WRITTEN)

    def head(self, key: str) -> ObjectInfo:
        """See ObjectStorage."""
        return ObjectInfo(key, 5, "image/webp", WRITTEN)

    def delete(self, key: str) -> None:  # noqa: ARG002 - no object exists
        """See ObjectStorage."""
        self.deleted += 1


def fill(client: MongoClient[dict[str, Any]], documents: int) -> None:
    """Insert COMPLETED jobs. One object in a thousand belongs to no job."""
    collection = client[DATABASE]["image_jobs"]
    numbers = (n for n in range(documents + documents // ORPHAN_EVERY) if n % (ORPHAN_EVERY + 1))
    batch: list[dict[str, Any]] = []
    for number in numbers:
        key = outputs(number)[-1]
        batch.append(
            {
                "_id": ObjectId(),
                "entityType": "event",
                "entityId": f"event-{number // 10}",
                "sourceImageURL": f"http://storage.invalid/raw/{stem(number)}.jpg",
                "sourceImageKey": f"raw/{stem(number)}.jpg",
                "outputImageKey": key,
                "renditions": [{"key": each, "bytes": 5, "width": 2, "height": 1} for each in outputs(number)],
                "status": "COMPLETED",
                "createdAt": WRITTEN,
                "updatedAt": WRITTEN,
                "processedAt": WRITTEN,
                "attempt": 1,
                "lostLeases": 0,
            }
        )
        if len(batch) == 1000:
            collection.insert_many(batch)
            batch = []
    if batch:
        collection.insert_many(batch)
    print(f"{collection.estimated_document_count()} documents")


def measure(repository: MongoImageJobRepository, documents: int) -> None:
    """Run one sweep and one audit, and print their seconds and this process's peak memory."""
    storage = Listing(documents)
    started = time.perf_counter()
    found = Swept()
    longest = before = time.perf_counter() - started
    for _, swept in Sweep(repository, storage, SweepPolicy("optimized/", timedelta(days=1))).run():
        found += swept
        now = time.perf_counter() - started
        longest, before = max(longest, now - before), now
    print(f"sweep: {time.perf_counter() - started:.1f} s, longest batch {longest * 1000:.0f} ms: {found}")
    started = time.perf_counter()
    jobs = sum(page.jobs for page in Audit(repository, storage).run())
    print(f"audit of {jobs} jobs: {time.perf_counter() - started:.1f} s")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB", file=sys.stdout)


def explain(client: MongoClient[dict[str, Any]], documents: int) -> None:
    """Print the server's plans of the queries, if the server can explain them."""
    sources = [f"raw/{stem(n)}.jpg" for n in range(documents // 2, documents // 2 + 500)]
    keys = sorted(key for n in range(documents // 2, documents // 2 + 250) for key in outputs(n))
    start = f"raw/{stem(7)}."
    queries: dict[str, dict[str, Any]] = {
        "sources of a batch": {"sourceImageKey": {"$in": sources, "$gte": sources[0], "$lte": sources[-1]}},
        "outputs of a batch": {"outputImageKey": {"$in": keys, "$gte": keys[0], "$lte": keys[-1]}},
        "an output": {"outputImageKey": keys[0]},
        "a rendition": {"renditions": {"$elemMatch": {"key": keys[0]}}},
        "unfinished jobs of a source": {"sourceImageKey": {"$gte": start, "$lt": f"{start[:-1]}/"}},
        "a page of COMPLETED jobs": {"status": {"$in": ["COMPLETED", "completed"]}, "_id": {"$gt": ObjectId()}},
    }
    for name, query in queries.items():
        started = time.perf_counter()
        rows = len(list(client[DATABASE]["image_jobs"].find(query).limit(500)))
        took = (time.perf_counter() - started) * 1000
        try:
            plan = client[DATABASE].command("explain", {"find": "image_jobs", "filter": query})
            shown = str(plan["queryPlanner"]["winningPlan"])
        except (PyMongoError, KeyError) as error:
            shown = f"no plan: {error}"
        print(f"{name}: {rows} in {took:.1f} ms; {shown[:160]}")


if __name__ == "__main__":
    main()
