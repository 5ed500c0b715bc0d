"""Which stored objects the records refer to."""

import pytest

from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.testing.image_job_repository.samples import (
    OTHERS,
    OUTPUT,
    RENDITIONS,
    SMALL,
    SOURCE,
    START,
    ids,
    new_record,
)


class References:
    """Part of ImageJobRepositorySuite."""

    def test_sources_are_those_of_jobs_in_every_status(self, repository: ImageJobRepository) -> None:
        keys = [new_record(repository, source_image_key=f"raw/{s}.jpg", status=s).source_image_key for s in JobStatus]
        assert repository.sources_among([*keys, "raw/none.jpg", "raw/PENDING"]) == set(keys)
        assert repository.sources_among([keys[1]]) == {keys[1]}
        assert repository.sources_among(["raw/none.jpg"]) == set()
        assert repository.sources_among([]) == set()

    def test_many_sources_are_asked_for_at_once_in_any_order(self, repository: ImageJobRepository) -> None:
        for n in range(0, 20, 2):
            new_record(repository, source_image_key=f"raw/{n:02}.jpg")
        asked = [f"raw/{n:02}.jpg" for n in (*range(500), 7, 4)][::-1]
        assert repository.sources_among(asked) == {f"raw/{n:02}.jpg" for n in range(0, 20, 2)}

    @pytest.mark.parametrize("status", JobStatus)
    def test_outputs_come_with_their_renditions(self, repository: ImageJobRepository, status: JobStatus) -> None:
        new_record(repository, status=status, output_image_key=OUTPUT, renditions=RENDITIONS)
        new_record(repository, **OTHERS)
        new_record(repository)
        assert repository.outputs_among([OUTPUT, "optimized/none.webp"]) == {OUTPUT, SMALL}
        assert repository.outputs_among([OUTPUT, OTHERS["output_image_key"]]) == {
            OUTPUT,
            SMALL,
            OTHERS["output_image_key"],
        }
        assert repository.outputs_among([SMALL, "optimized/none.webp"]) == set()
        assert repository.outputs_among([]) == set()

    @pytest.mark.parametrize("status", JobStatus)
    def test_a_recorded_output_or_rendition_is_one_in_every_status(
        self, repository: ImageJobRepository, status: JobStatus
    ) -> None:
        new_record(repository, **OTHERS, status=status)
        new_record(repository, source_image_key="raw/y.jpg", status=status, renditions=RENDITIONS)
        assert repository.is_output(OTHERS["output_image_key"], START)
        assert repository.is_output(SMALL, START)
        assert not repository.is_output(SMALL.replace("480", "481"), START)
        assert not repository.is_output("optimized/x-optimized-480.webp", START)

    @pytest.mark.parametrize("status", JobStatus)
    def test_a_job_that_has_not_completed_may_come_to_its_output(
        self, repository: ImageJobRepository, status: JobStatus
    ) -> None:
        new_record(repository, source_image_key=SOURCE, status=status)
        new_record(repository, source_image_key="raw/1700000000000-0123456789ac.jpg")
        new_record(repository, source_image_key="raw/1700000000000-0123456789abc.jpg")
        assert repository.is_output(OUTPUT, START) == (status != JobStatus.COMPLETED)
        assert not repository.is_output(OUTPUT, "raw/1700000000000-0123456789aa.")

    def test_completed_jobs_come_by_their_ids_page_after_page(self, repository: ImageJobRepository) -> None:
        new_ids = sorted(repository.new_id() for _ in range(5))
        for new_id in reversed(new_ids):
            new_record(repository, id=new_id, status=JobStatus.COMPLETED)
            for status in set(JobStatus) - {JobStatus.COMPLETED}:
                new_record(repository, status=status)
        assert ids(repository.completed_after(None, 2)) == new_ids[:2]
        assert ids(repository.completed_after(new_ids[1], 2)) == new_ids[2:4]
        assert ids(repository.completed_after(new_ids[3], 2)) == new_ids[4:]
        assert ids(repository.completed_after(new_ids[4], 2)) == []
