"""How image jobs look in MongoDB, beside documents of other programs."""

from typing import Any

import pytest
from bson import ObjectId
from imagejobs.connections.mongodb import Database
from imagejobs.jobs.model import FIELD_NAMES, EntityType, ImageJob, JobStatus
from imagejobs.jobs.records.change import Change, Guard, Transition
from imagejobs.jobs.records.mongo import MongoImageJobRepository, create_indexes
from imagejobs.jobs.records.port import JobFilter
from imagejobs.testing.image_job_repository.samples import (
    ANY,
    FULL,
    MISSING_ID,
    MOMENT,
    OUTPUT,
    PENDING,
    SECOND,
    SMALL,
    SOURCE,
    START,
    ids,
    new_record,
)
from pymongo.collection import Collection


@pytest.fixture
def mongo(database: Database) -> MongoImageJobRepository:
    create_indexes()
    return MongoImageJobRepository(database)


def foreign(**changes: Any) -> dict[str, Any]:
    """A document as a backend on mongoose writes it. A field of None is left out."""
    document = {
        "_id": ObjectId(),
        "entityType": "event",
        "entityId": "655501d2f12a3d0f3c5a1001",
        "sourceImageURL": "https://pub.invalid/raw/1.jpg",
        "sourceImageKey": "raw/1.jpg",
        "status": "PENDING",
        "errorMsg": "",
        "originalFilename": "photo.jpg",
        "mimetype": "image/jpeg",
        "fileSize": 1234567,
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "__v": 0,
        "tags": [{"by": ObjectId(MISSING_ID), "at": MOMENT}],
    }
    return {name: value for name, value in (document | changes).items() if value is not None}


class TestDocumentsOfOtherPrograms:
    def test_they_are_read(self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]) -> None:
        document = foreign()
        documents.insert_one(document)
        assert mongo.get(str(document["_id"])) == ImageJob(
            id=str(document["_id"]),
            entity_type=EntityType.EVENT,
            entity_id="655501d2f12a3d0f3c5a1001",
            source_image_url="https://pub.invalid/raw/1.jpg",
            source_image_key="raw/1.jpg",
            original_filename="photo.jpg",
            mimetype="image/jpeg",
            file_size=1234567,
            created_at=MOMENT,
            updated_at=MOMENT,
        )

    def test_what_they_lack_is_empty_and_their_ids_time(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        document: dict[str, Any] = {"_id": ObjectId(), "entityType": "event", "status": "PROCESSING"}
        documents.insert_one(document)
        made = document["_id"].generation_time
        job = ImageJob(
            id=str(document["_id"]),
            entity_type=EntityType.EVENT,
            entity_id="",
            source_image_url="",
            source_image_key="",
            status=JobStatus.PROCESSING,
            created_at=made,
            updated_at=made,
        )
        assert mongo.get(job.id) == job
        assert mongo.leases_expired(made, made, 10) == []
        assert mongo.leases_expired(made, made + SECOND, 10) == [job]

    def test_a_change_keeps_what_it_does_not_know(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        document = foreign()
        documents.insert_one(document)
        change = Change(
            status=JobStatus.PROCESSING,
            lease_until=MOMENT + SECOND,
            error_code=None,
            increments=frozenset({"attempt"}),
        )
        assert mongo.change(str(document["_id"]), Transition(Guard(PENDING.status, 0), change))
        assert documents.find_one() == document | {
            "status": "PROCESSING",
            "leaseUntil": MOMENT + SECOND,
            "attempt": 1,
            "revision": 1,
        }

    def test_our_documents_have_the_guides_names_and_nothing_empty(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        job = new_record(mongo)
        assert documents.find_one() == {
            "_id": ObjectId(job.id),
            "entityType": "event",
            "entityId": "event-1",
            "sourceImageURL": job.source_image_url,
            "sourceImageKey": job.source_image_key,
            "status": "PENDING",
            "errorMsg": "",
            "createdAt": job.created_at,
            "updatedAt": job.updated_at,
            "attempt": 0,
            "lostLeases": 0,
            "revision": 0,
        }

    def test_every_field_is_stored_under_its_name_and_a_removed_one_is_gone(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        job = new_record(mongo, **FULL)
        stored = documents.find_one()
        assert stored
        assert stored.keys() == set(FIELD_NAMES.values())
        assert stored["sourceSha256"] == FULL["source_sha256"]
        mongo.change(job.id, Transition(ANY, Change(receipt=None, lease_until=None)))
        stored = documents.find_one()
        assert stored
        assert stored.keys() == set(FIELD_NAMES.values()) - {"receipt", "leaseUntil"}

    @pytest.mark.parametrize("attempt", [{}, {"attempt": 0}])
    def test_attempt_0_is_a_missing_one_too(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]], attempt: dict[str, int]
    ) -> None:
        document = foreign() | attempt
        documents.insert_one(document)
        change = Change(error_msg="x")
        assert mongo.change(str(document["_id"]), Transition(Guard(PENDING.status, 1), change)) is None
        assert mongo.change(str(document["_id"]), Transition(Guard(PENDING.status, 0, 1), change)) is None
        assert mongo.change(str(document["_id"]), Transition(Guard(PENDING.status, 0, 0), change))

    def test_a_status_in_lower_case_is_the_same_status(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        finished = foreign(status="completed", processedAt=MOMENT)
        waiting = foreign(status="pending")
        running = foreign(status="processing")
        documents.insert_many([finished, waiting, running])
        new_record(mongo)
        new_record(mongo, status=JobStatus.COMPLETED)
        assert ids(mongo.last_completed(10)) == [str(finished["_id"])]
        assert len(mongo.page(JobFilter(), 10)) == 5
        assert len(mongo.page(JobFilter(status=JobStatus.COMPLETED), 10)) == 2
        assert str(waiting["_id"]) in ids(mongo.pending_since(MOMENT, 10))
        assert ids(mongo.leases_expired(MOMENT, MOMENT + SECOND, 10)) == [str(running["_id"])]
        counts = mongo.count_by_status()
        assert [counts[each] for each in (JobStatus.PENDING, JobStatus.COMPLETED)] == [2, 2]
        assert [mongo.count(each) for each in (JobStatus.PENDING, JobStatus.COMPLETED)] == [2, 2]
        assert len(mongo.of_entities(EntityType.EVENT, ["655501d2f12a3d0f3c5a1001"])) == 3
        changed = mongo.change(str(waiting["_id"]), Transition(PENDING, Change(error_msg="x")))
        assert changed
        assert changed.status == JobStatus.PENDING

    def test_their_objects_are_theirs_whatever_else_they_hold(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        documents.insert_many(
            [
                foreign(status="ARCHIVED", sourceImageKey=SOURCE),
                foreign(status="completed", sourceImageKey="raw/2.jpg", outputImageKey="optimized/2-optimized.webp"),
                foreign(status=None, sourceImageKey="raw/3.jpg"),
                foreign(outputImageKey=OUTPUT, renditions=[{"width": 2}, {"key": SMALL}]),
                foreign(sourceImageKey=None, outputImageKey="optimized/4-optimized.webp", renditions=[]),
            ]
        )
        assert mongo.sources_among([SOURCE, "raw/2.jpg", "raw/3.jpg", "raw/4.jpg"]) == {
            SOURCE,
            "raw/2.jpg",
            "raw/3.jpg",
        }
        assert mongo.outputs_among([OUTPUT, "optimized/4-optimized.webp"]) == {
            OUTPUT,
            SMALL,
            "optimized/4-optimized.webp",
        }
        assert mongo.is_output("optimized/5.webp", START)
        assert mongo.is_output("optimized/5.webp", "raw/3.")
        assert not mongo.is_output("optimized/5.webp", "raw/2.")
        assert len(mongo.completed_after(None, 10)) == 1
        documents.insert_one(foreign(outputImageKey="optimized/6.webp", renditions=["nonsense"]))
        assert mongo.outputs_among(["optimized/6.webp"]) == {"optimized/6.webp"}

    def test_a_kind_of_entity_or_a_status_that_only_others_know_does_not_hide_the_rest(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        club = foreign(entityType="club")
        documents.insert_many([club, foreign(status="ARCHIVED")])
        job = new_record(mongo)
        listed = mongo.page(JobFilter(), 10)
        assert ids(listed) == [job.id, str(club["_id"])]
        assert listed[1].entity_type == EntityType.OTHER
        assert len(mongo.pending_since(MOMENT, 10)) == 2
        assert mongo.count_by_status() == {JobStatus.PENDING: 2}
        mongo.change(str(club["_id"]), Transition(PENDING, Change(error_msg="x")))
        stored = documents.find_one({"_id": club["_id"]})
        assert stored
        assert stored["entityType"] == "club"
