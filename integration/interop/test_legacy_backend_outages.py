"""The existing backend is unavailable, slow or failing while our worker runs: jobs are delayed, but completed."""

from collections.abc import Iterator

import pytest
from backing import Backing
from bson import ObjectId
from interop.legacy_programs import Document, LegacyBackend
from interop.our_programs import Ours, ours
from pictures import jpeg
from pymongo.collection import Collection
from running_system import eventually

IMAGES = 3
ONCE = ["PROCESSING", "COMPLETED"]
STORED = {"fail": ONCE, "slow": ONCE, "cut": ["PROCESSING", "PROCESSING", "COMPLETED", "COMPLETED"]}
"""The statuses stored for a job, by the trouble of each request's first try. A lost answer means a second request."""


@pytest.fixture(scope="module")
def consumer(
    legacy_backend: LegacyBackend, backing: Backing, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ours]:
    """Our queue adapter and worker, connected to the existing backend."""
    directory = tmp_path_factory.mktemp("consumer")
    with ours(backing, directory, "queue-adapter", "worker", API_URL=legacy_backend.url, LOG_LEVEL="DEBUG") as started:
        yield started


@pytest.fixture(autouse=True)
def _down_in_the_end(legacy_backend: LegacyBackend) -> Iterator[None]:
    yield
    legacy_backend.kill()


@pytest.fixture
def waiting(consumer: Ours, legacy_backend: LegacyBackend) -> list[ObjectId]:
    """Jobs whose messages wait on the list. No worker takes them, and the backend is down."""
    consumer.programs["queue-adapter"].stop()
    legacy_backend.start_answering()
    event = consumer.system.create_event(*((f"{n}.jpg", jpeg(320, 240)) for n in range(IMAGES)))
    legacy_backend.kill()
    return [ObjectId(job_id) for job_id in event["imageJobIds"]]


def test_jobs_are_done_after_the_backend_is_back(
    waiting: list[ObjectId], consumer: Ours, legacy_backend: LegacyBackend, records: Collection[Document]
) -> None:
    consumer.programs["queue-adapter"].start()
    eventually(lambda: "API is unavailable" in consumer.programs["worker"].log.read_text())

    legacy_backend.start_answering()

    eventually(lambda: are_completed(records, waiting))
    eventually(lambda: all(legacy_backend.statuses(str(job_id)) == ONCE for job_id in waiting))


def test_a_job_interrupted_by_a_backend_outage_is_done_after_it(
    consumer: Ours, legacy_backend: LegacyBackend, records: Collection[Document]
) -> None:
    legacy_backend.start_answering()
    (job_id,) = consumer.system.create_event(("large.jpg", jpeg(6000, 4000)))["imageJobIds"]
    eventually(lambda: legacy_backend.statuses(job_id) == ["PROCESSING"])
    legacy_backend.kill()
    eventually(lambda: f"job {job_id}: try 1, " in consumer.programs["worker"].log.read_text())

    legacy_backend.start_answering()

    eventually(lambda: are_completed(records, [ObjectId(job_id)]))
    eventually(lambda: legacy_backend.statuses(job_id) == ["PROCESSING", *ONCE])


@pytest.mark.parametrize("trouble", STORED)
def test_jobs_are_done_although_each_request_goes_wrong_at_first(
    waiting: list[ObjectId],
    consumer: Ours,
    legacy_backend: LegacyBackend,
    records: Collection[Document],
    trouble: str,
) -> None:
    legacy_backend.start_answering("--trouble", trouble)
    consumer.programs["queue-adapter"].start()

    eventually(lambda: are_completed(records, waiting))

    stored = len(waiting) * len(STORED[trouble])
    eventually(lambda: sum(len(legacy_backend.statuses(str(job_id))) for job_id in waiting) >= stored)
    for job_id in waiting:
        assert legacy_backend.statuses(str(job_id)) == STORED[trouble]
    # Only of these jobs: a job of an earlier test may be retried meanwhile.
    went_wrong = [did for did in legacy_backend.did(trouble=trouble) if ObjectId(did["path"].split("/")[3]) in waiting]
    assert len(went_wrong) == 3 * IMAGES


def are_completed(records: Collection[Document], job_ids: list[ObjectId]) -> bool:
    """Whether all of these jobs are COMPLETED in the backend's records."""
    statuses = [job["status"] for job in records.find({"_id": {"$in": job_ids}})]
    return statuses == ["COMPLETED"] * len(job_ids)
