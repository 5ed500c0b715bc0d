"""The indexes and the clock of MongoDB, and that every call reports an unavailable server in time."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from imagejobs.connections import mongodb as database_module
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import DatabaseUnavailable
from imagejobs.jobs.model import EntityType, ImageJob
from imagejobs.jobs.records.change import Change, Transition
from imagejobs.jobs.records.mongo import MongoImageJobRepository, create_indexes
from imagejobs.jobs.records.port import JobFilter
from imagejobs.testing.image_job_repository.samples import (
    ANY,
    FULL,
    MISSING_ID,
    MOMENT,
    OUTPUT,
    SECOND,
    SOURCE,
    START,
)
from pymongo.collection import Collection
from servers.processes import mongo_server, silent_server
from worlds.databases import new_database


class TestDatabase:
    def test_indexes_may_be_made_again(self, database: Database, documents: Collection[dict[str, Any]]) -> None:
        create_indexes()
        made = {tuple(name for name, _ in index["key"].items()) for index in documents.list_indexes()}
        assert made >= {
            ("entityType", "entityId"),
            ("status", "enqueuedAt"),
            ("status", "leaseUntil"),
            ("status", "processedAt"),
            ("idempotencyKey",),
            ("sourceImageKey",),
            ("outputImageKey",),
            ("renditions.key",),
        }
        database.ping()

    def test_the_clock_is_the_servers(self, mongodb_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        told = datetime(2031, 5, 6, 7, 8, 9, 999_000, tzinfo=UTC)
        monkeypatch.setattr(Database, "_server_time", lambda _: told)
        with new_database(mongodb_port) as database:
            assert told <= MongoImageJobRepository(database).now() < told + SECOND

    def test_without_a_server_every_call_says_so_in_time(self) -> None:
        assert_every_call_says_away(Database(mongodb_uri(free_port()), selection_timeout_ms=50))

    def test_a_server_that_never_answers_is_given_up_in_time(self) -> None:
        with silent_server() as port:
            assert_every_call_says_away(Database(mongodb_uri(port), selection_timeout_ms=50))

    def test_a_server_that_freezes_is_given_up_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database_module, "SOCKET_TIMEOUT_MS", 300)
        with mongo_server() as server:
            database = Database(mongodb_uri(server.port), selection_timeout_ms=300)
            MongoImageJobRepository(database).ping()
            server.process.send_signal(signal.SIGSTOP)
            try:
                assert_every_call_says_away(database)
            finally:
                server.process.send_signal(signal.SIGCONT)


def assert_every_call_says_away(database: Database) -> None:
    """Every call raises DatabaseUnavailable in time, for many callers at once. Closes the database."""
    repository = MongoImageJobRepository(database)
    calls: list[Callable[[], object]] = [
        repository.ping,
        lambda: repository.get(MISSING_ID),
        lambda: repository.insert(ImageJob(id=MISSING_ID, **FULL)),
        lambda: repository.find_by_idempotency_key("key"),
        lambda: repository.change(MISSING_ID, Transition(ANY, Change(error_msg="x"))),
        lambda: repository.remove(MISSING_ID, ANY),
        lambda: repository.page(JobFilter(), 10),
        lambda: repository.of_entities(EntityType.EVENT, ["a"]),
        repository.count_by_status,
        lambda: repository.last_completed(1),
        lambda: repository.pending_since(MOMENT, 1),
        lambda: repository.leases_expired(MOMENT, MOMENT, 1),
        lambda: repository.deleting_since(MOMENT, 1),
        lambda: repository.sources_among([SOURCE]),
        lambda: repository.outputs_among([OUTPUT]),
        lambda: repository.is_output(OUTPUT, START),
        lambda: repository.completed_after(None, 1),
        repository.now,
        create_indexes,
    ]
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(len(calls)) as pool:
            errors = [each.exception() for each in [pool.submit(call) for call in calls]]
    finally:
        database.close()
    assert {type(error) for error in errors} == {DatabaseUnavailable}, errors
    assert all("MongoDB is unavailable" in str(error) for error in errors)
    assert time.monotonic() - started < 5
