"""The lists and counts that people ask for."""

from imagejobs.jobs.model import EntityType, JobStatus
from imagejobs.jobs.records.port import ImageJobRepository, JobFilter
from imagejobs.testing.image_job_repository.samples import (
    MOMENT,
    SECOND,
    ids,
    new_record,
)


class Lists:
    """Part of ImageJobRepositorySuite."""

    def test_a_page_is_newest_first_without_tombstones(self, repository: ImageJobRepository) -> None:
        made = [new_record(repository, status=status).id for status in JobStatus]
        visible = [each for each, status in zip(made, JobStatus, strict=True) if status != JobStatus.DELETING]
        assert ids(repository.page(JobFilter(), 10)) == visible[::-1]

    def test_tombstones_are_listed_where_they_are_asked_for(self, repository: ImageJobRepository) -> None:
        made = [new_record(repository, status=JobStatus.DELETING).id for _ in range(3)]
        new_record(repository)
        new_record(repository, status=JobStatus.DELETING, entity_id="event-2")
        wanted = JobFilter(entity_type=EntityType.EVENT, entity_id="event-1", status=JobStatus.DELETING)
        assert ids(repository.page(wanted, 2)) == made[:0:-1]

    def test_pages_go_on_after_the_cursor_without_gap_or_repetition(self, repository: ImageJobRepository) -> None:
        made = [new_record(repository).id for _ in range(5)]
        first = ids(repository.page(JobFilter(), 2))
        second = ids(repository.page(JobFilter(before=first[-1]), 2))
        third = ids(repository.page(JobFilter(before=second[-1]), 2))
        assert first + second + third == made[::-1]

    def test_a_page_holds_what_the_filter_asks_for(self, repository: ImageJobRepository) -> None:
        wanted = new_record(repository, status=JobStatus.FAILED)
        new_record(repository)
        new_record(repository, status=JobStatus.FAILED, entity_id="event-2")
        new_record(repository, status=JobStatus.FAILED, entity_type=EntityType.OTHER)
        whole = JobFilter(entity_type=EntityType.EVENT, entity_id="event-1", status=JobStatus.FAILED)
        assert ids(repository.page(whole, 10)) == [wanted.id]
        assert len(repository.page(JobFilter(status=JobStatus.FAILED), 10)) == 3
        assert len(repository.page(JobFilter(entity_type=EntityType.OTHER), 10)) == 1
        assert len(repository.page(JobFilter(entity_id="event-1"), 10)) == 3

    def test_pages_of_a_filter_go_on_within_it(self, repository: ImageJobRepository) -> None:
        failed = []
        for _ in range(3):
            new_record(repository)
            failed.append(new_record(repository, status=JobStatus.FAILED))
        wanted = JobFilter(status=JobStatus.FAILED, before=failed[2].id)
        assert ids(repository.page(wanted, 10)) == [failed[1].id, failed[0].id]

    def test_the_order_of_an_entitys_jobs_is_that_of_their_ids(self, repository: ImageJobRepository) -> None:
        new_ids = [repository.new_id() for _ in range(3)]
        for new_id in reversed(new_ids):
            new_record(repository, id=new_id)
        assert ids(repository.of_entities(EntityType.EVENT, ["event-1"])) == new_ids

    def test_the_jobs_of_entities_are_oldest_first_without_tombstones(self, repository: ImageJobRepository) -> None:
        wanted = [new_record(repository, entity_id=each).id for each in ("a", "b", "a")]
        new_record(repository, entity_id="c")
        new_record(repository, entity_id="a", entity_type=EntityType.REPORT)
        new_record(repository, entity_id="a", status=JobStatus.DELETING)
        assert ids(repository.of_entities(EntityType.EVENT, ["a", "b", "none"])) == wanted
        assert ids(repository.of_entities(EntityType.EVENT, [])) == []

    def test_jobs_are_counted_by_status(self, repository: ImageJobRepository) -> None:
        for status in (JobStatus.PENDING, JobStatus.PENDING, JobStatus.FAILED):
            new_record(repository, status=status)
        counts = repository.count_by_status()
        assert {status: counts.get(status, 0) for status in JobStatus} == {
            JobStatus.PENDING: 2,
            JobStatus.PROCESSING: 0,
            JobStatus.COMPLETED: 0,
            JobStatus.FAILED: 1,
            JobStatus.DELETING: 0,
        }
        assert {status: repository.count(status) for status in JobStatus} == {
            status: counts.get(status, 0) for status in JobStatus
        }

    def test_the_last_completed_are_the_latest(self, repository: ImageJobRepository) -> None:
        made = [
            new_record(repository, status=JobStatus.COMPLETED, processed_at=MOMENT + seconds * SECOND).id
            for seconds in (2, 3, 1)
        ]
        new_record(repository, status=JobStatus.FAILED, processed_at=MOMENT + 9 * SECOND)
        new_record(repository, status=JobStatus.COMPLETED)
        assert ids(repository.last_completed(10)) == [made[1], made[0], made[2]]
        assert ids(repository.last_completed(2)) == [made[1], made[0]]
