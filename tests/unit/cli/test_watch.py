import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from imagejobs.cli.submission import watch
from imagejobs.client.answers import Answer
from imagejobs.client.errors import ApiRefused


class Answers:
    """An API that answers these statuses for each job, one per call, and then the last one again."""

    def __init__(self, **statuses: list[str]) -> None:
        self._statuses: dict[str, Iterator[str]] = {job: iter(each) for job, each in statuses.items()}
        self._last: dict[str, str] = {}
        self.asked: list[str] = []

    def call(self, operation: str, *, path: Mapping[str, str]) -> Answer:
        assert operation == "getImageJob"
        self.asked.append(path["id"])
        self._last[path["id"]] = next(self._statuses[path["id"]], self._last.get(path["id"], ""))
        if self._last[path["id"]] == "not_found":
            raise ApiRefused(404, "not_found", "There is no such job.")
        return Answer({"_id": path["id"], "status": self._last[path["id"]]})


def wait(api: Any, jobs: list[str], timeout: float = 5) -> list[tuple[str, str]]:
    return [
        (job_id, job.code if isinstance(job, ApiRefused) else job["status"])
        for job_id, job in watch.watch(api, jobs, timeout)
    ]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.001)


def test_it_waits_until_every_job_ended_and_gives_every_change_once() -> None:
    api = Answers(a=["PENDING", "PENDING", "PROCESSING", "COMPLETED"], b=["FAILED"])
    assert wait(api, ["a", "b"]) == [
        ("a", "PENDING"),
        ("b", "FAILED"),
        ("a", "PROCESSING"),
        ("a", "COMPLETED"),
    ]


def test_a_job_that_ended_is_not_asked_for_again() -> None:
    api = Answers(a=["PENDING", "PENDING", "COMPLETED"], b=["FAILED"])
    wait(api, ["a", "b"])
    assert (api.asked.count("a"), api.asked.count("b")) == (3, 1)


def test_it_gives_up_in_time_and_answers_what_it_knows() -> None:
    started = time.monotonic()
    assert wait(Answers(a=["PENDING"], b=["COMPLETED"]), ["a", "b"], timeout=0.05) == [
        ("a", "PENDING"),
        ("b", "COMPLETED"),
    ]
    assert time.monotonic() - started < 20


def test_a_job_that_is_gone_has_ended_and_the_others_go_on() -> None:
    api = Answers(a=["not_found"], b=["PENDING", "COMPLETED"])
    assert wait(api, ["a", "b"]) == [("a", "not_found"), ("b", "PENDING"), ("b", "COMPLETED")]
    assert api.asked.count("a") == 1


def test_without_jobs_there_is_nothing_to_wait_for() -> None:
    assert wait(Answers(), []) == []
