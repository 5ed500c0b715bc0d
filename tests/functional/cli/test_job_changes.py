"""`imagejobs retry` and `imagejobs delete` of many jobs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from imagejobs.cli import app, job_changes
from imagejobs.jobs.model import JobStatus
from typer.testing import CliRunner
from worlds.api_requests import UNKNOWN_ID
from worlds.command_line import data, failure
from worlds.job_world import new_record
from worlds.memory_api import MemoryApi

Run = Callable[..., Any]


@pytest.fixture
def jobs(api: MemoryApi) -> list[str]:
    """Seven jobs, oldest first: one PENDING, then six FAILED with codes in turn."""
    ids = [new_record(api.jobs, source_image_key=f"raw/{number}.png").id for number in range(7)]
    for number, job_id in enumerate(ids[1:]):
        code = ("corrupt", "storage_unavailable", "conversion_timeout")[number % 3]
        failed: dict[str, Any] = {
            "status": JobStatus.FAILED,
            "error_msg": "x",
            "error_code": code,
            "processed_at": api.jobs.now(),
        }
        api.jobs._jobs[job_id] = replace(api.jobs._jobs[job_id], **failed)
    return ids


def statuses(api: MemoryApi) -> list[str]:
    return [job.status.value for job in api.all_jobs()]


class TestRetry:
    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(job_changes, "PAGE", 2)

    def test_all_failed_are_put_back_page_by_page(self, run: Run, jobs: list[str], api: MemoryApi) -> None:
        result = run("retry", "--all-failed")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == "6 job(s) were put back, to be converted again\n"
        assert statuses(api) == ["PENDING"] * len(jobs)
        assert run("retry", "--all-failed").stdout == "no FAILED jobs\n"

    def test_those_of_some_codes(self, run: Run, jobs: list[str], api: MemoryApi) -> None:
        codes = ("--error-code", "corrupt", "--error-code", "conversion_timeout")
        changed = data(run("retry", "--all-failed", "--json", *codes))
        assert [each["id"] for each in changed] == [jobs[6], jobs[4], jobs[3], jobs[1]], "newest first"
        assert {each["job"]["status"] for each in changed} == {"PENDING"}
        assert statuses(api).count("FAILED") == 2

    def test_at_most_limit_jobs_are_retried_and_the_rest_is_reported(
        self, run: Run, jobs: list[str], api: MemoryApi
    ) -> None:
        assert jobs
        result = run("retry", "--all-failed", "--limit", "4")
        assert "There are more FAILED jobs than 4" in result.stdout
        assert statuses(api).count("FAILED") == 2
        assert "There are more" not in run("retry", "--all-failed", "--limit", "2").stdout

    def test_a_job_that_fails_again_meanwhile_is_retried_once(
        self, run: Run, jobs: list[str], api: MemoryApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert jobs
        call = job_changes._call

        def fail_again(client: Any, operation: str, job_id: str) -> Any:
            answer = call(client, operation, job_id)
            api.jobs._jobs[job_id] = replace(
                api.jobs._jobs[job_id], status=JobStatus.FAILED, error_msg="x", processed_at=api.jobs.now()
            )
            return answer

        monkeypatch.setattr(job_changes, "_call", fail_again)
        assert len(data(run("retry", "--all-failed", "--json"))) == 6

    @pytest.mark.parametrize(("answer", "code", "failed"), [("y", 0, 0), ("n", 1, 6)])
    def test_on_a_terminal_it_asks(
        self, jobs: list[str], api: MemoryApi, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, failed: int
    ) -> None:
        assert jobs
        monkeypatch.setattr(job_changes, "_is_terminal", lambda: True)
        result = CliRunner().invoke(app, ["retry", "--all-failed"], input=f"{answer}\n")
        assert result.exit_code == code
        assert "Retry 6 FAILED job(s)?" in result.stderr
        assert statuses(api).count("FAILED") == failed

    def test_yes_is_the_answer(self, jobs: list[str], api: MemoryApi, monkeypatch: pytest.MonkeyPatch) -> None:
        assert jobs
        monkeypatch.setattr(job_changes, "_is_terminal", lambda: True)
        assert CliRunner().invoke(app, ["retry", "--all-failed", "--yes"], input="").exit_code == 0
        assert "FAILED" not in statuses(api)

    @pytest.mark.parametrize(
        "arguments", [[], ["--all-failed", UNKNOWN_ID], ["--error-code", "corrupt", UNKNOWN_ID]], ids=str
    )
    def test_what_makes_no_sense_is_a_usage_error(self, run: Run, arguments: Sequence[str]) -> None:
        assert run("retry", *arguments).exit_code == 2


class TestMany:
    def test_many_are_deleted_each_once(self, run: Run, jobs: list[str], api: MemoryApi) -> None:
        assert run("delete", *jobs[:3], jobs[0]).stdout == "deleted 3 image job(s) and their images\n"
        assert [job.id for job in api.all_jobs()] == jobs[3:]

    def test_ids_come_from_standard_input_too(self, jobs: list[str], api: MemoryApi) -> None:
        text = f"{jobs[0]}\n\n  {jobs[1]} {jobs[2]}\n"
        result = CliRunner().invoke(app, ["delete", jobs[3], "-"], input=text)
        assert result.exit_code == 0, result.stderr
        assert [job.id for job in api.all_jobs()] == jobs[4:]

    @pytest.mark.parametrize("text", ["", "\n \n"])
    def test_without_any_id_it_is_a_usage_error(self, text: str) -> None:
        assert CliRunner().invoke(app, ["delete", "-"], input=text).exit_code == 2
        assert CliRunner().invoke(app, ["delete"], input="").exit_code == 2

    def test_one_that_is_refused_stops_nothing_and_the_exit_code_is_1(
        self, run: Run, jobs: list[str], api: MemoryApi
    ) -> None:
        result = run("delete", "--json", jobs[0], UNKNOWN_ID, "nonsense", jobs[1])
        document = failure(result)
        assert (document["error"]["code"], document["message"]) == ("incomplete", "2 of 4 job(s) were not changed")
        assert [each.get("error", {}).get("code") for each in document["data"]] == [
            None,
            "not_found",
            "invalid_request",
            None,
        ]
        assert f"{UNKNOWN_ID}: Image job {UNKNOWN_ID} not found." in result.stderr
        assert [job.id for job in api.all_jobs()] == jobs[2:]

    def test_where_the_api_fails_the_others_are_not_tried(
        self, run: Run, jobs: list[str], api: MemoryApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("imagejobs.client.tries.MAX_RETRY_AFTER", 0.0)
        call = job_changes._call

        def cut_at_the_second(client: Any, operation: str, job_id: str) -> Any:
            if job_id == jobs[1]:
                api.cut("mongodb")
            return call(client, operation, job_id)

        monkeypatch.setattr(job_changes, "_call", cut_at_the_second)
        document = failure(run("delete", "--json", *jobs[:4]))
        assert [each.get("error", {}).get("code") for each in document["data"]] == [
            None,
            "unavailable",
            "not_tried",
            "not_tried",
        ]
        api.mend()
        assert [job.id for job in api.all_jobs()] == jobs[1:]

    def test_an_interrupt_reports_what_was_done(
        self, run: Run, jobs: list[str], api: MemoryApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = job_changes._call

        def interrupted(client: Any, operation: str, job_id: str) -> Any:
            if job_id == jobs[2]:
                raise KeyboardInterrupt
            return call(client, operation, job_id)

        monkeypatch.setattr(job_changes, "_call", interrupted)
        result = run("delete", "--json", *jobs[:4])
        document = failure(result)
        assert (result.exit_code, document["error"]["code"]) == (130, "interrupted")
        assert document["message"] == "The command was interrupted after 2 of 4 job(s)."
        assert [job.id for job in api.all_jobs()] == jobs[2:]
