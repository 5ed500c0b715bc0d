from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.submission import submissions
from imagejobs.client.errors import UnexpectedAnswer
from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.change import Guard
from servers.api_server import served
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from worlds.api_requests import OUTPUT, OUTPUT_URL
from worlds.command_line import data, failure
from worlds.memory_api import MemoryApi

FACTS = {"mimetype": "image/webp", "bytes": 40, "width": 8, "height": 6, "frames": 1, "sha256": "0" * 64}
RECEIPT = {"source": FACTS | {"bytes": 80}, "output": FACTS, "orientation": 1, "lossless": False, "quality": 80}
DONE = {"status": "COMPLETED", "receipt": RECEIPT | {"encoder": "e", "durationMs": 3}, **OUTPUT}


def test_a_file_is_uploaded_and_shown(run: Callable[..., Any], api: MemoryApi, photo: Path) -> None:
    result = run("submit", str(photo))
    assert result.exit_code == 0, result.stderr
    (job,) = api.all_jobs()
    assert job.id in result.stdout
    assert "PENDING" in result.stdout
    assert (job.entity_type, job.entity_id, job.original_filename) == ("other", "command-line", "photo.png")
    assert api.storage.get(job.source_image_key, 10_000) == photo.read_bytes()


def test_the_entity_can_be_chosen(run: Callable[..., Any], api: MemoryApi, photo: Path) -> None:
    assert run("submit", "--entity-type", "report", "--entity-id", "r 1", str(photo)).exit_code == 0
    assert [(job.entity_type, job.entity_id) for job in api.all_jobs()] == [("report", "r 1")]


def test_the_same_file_twice_is_two_jobs(run: Callable[..., Any], api: MemoryApi, photo: Path) -> None:
    assert run("submit", str(photo), str(photo)).exit_code == 0
    assert len(api.all_jobs()) == 2


def test_one_refused_file_is_named_the_others_go_through_and_the_exit_code_is_1(
    run: Callable[..., Any], api: MemoryApi, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "cut.png").write_bytes(photo.read_bytes()[:-20])
    result = run("submit", "--json", str(tmp_path / "notes.txt"), str(photo), str(tmp_path / "cut.png"))
    assert result.exit_code == 1
    errors = result.stderr.replace("\n", "")
    assert "notes.txt" in errors
    assert "[unsupported_type]" in errors
    assert "[truncated]" in errors
    document = failure(result)
    assert (document["error"]["code"], document["message"]) == ("incomplete", "2 of 3 file(s) failed: 2 not accepted")
    refused, accepted, cut = document["data"]
    assert (refused["file"], refused["error"]["code"]) == (str(tmp_path / "notes.txt"), "unsupported_type")
    assert (accepted["file"], accepted["job"]["originalFilename"]) == (str(photo), "photo.png")
    assert (cut["file"], cut["error"]["code"]) == (str(tmp_path / "cut.png"), "truncated")
    assert len(api.all_jobs()) == 1


def test_as_json_it_prints_the_jobs_and_nothing_else(run: Callable[..., Any], api: MemoryApi, photo: Path) -> None:
    result = run("submit", "--json", str(photo))
    assert [(each["file"], each["job"]["_id"]) for each in data(result)] == [
        (str(photo), job.id) for job in api.all_jobs()
    ]


def test_with_wait_it_shows_what_came_out(run: Callable[..., Any], worker: Callable[..., Any], photo: Path) -> None:
    with worker(**DONE):
        result = run("submit", "--wait", "--timeout", "20", str(photo))
    assert result.exit_code == 0, result.stderr
    assert "50 %" in result.stdout
    assert "8x6" in result.stdout
    assert OUTPUT_URL in result.stdout


def test_with_wait_and_json_it_prints_the_finished_jobs(
    run: Callable[..., Any], worker: Callable[..., Any], photo: Path
) -> None:
    with worker(**DONE):
        result = run("submit", "--wait", "--json", str(photo), str(photo))
    assert [each["job"]["status"] for each in data(result)] == ["COMPLETED", "COMPLETED"]


def test_a_job_that_fails_is_exit_code_1_and_says_why(
    run: Callable[..., Any], worker: Callable[..., Any], photo: Path
) -> None:
    with worker(status="FAILED", errorMsg="The PNG is damaged.", errorCode="corrupt"):
        result = run("submit", "--wait", str(photo))
    assert result.exit_code == 1
    assert "FAILED" in result.stdout
    assert "The PNG is damaged. [corrupt]" in result.stdout


def test_a_job_that_does_not_end_in_time_is_exit_code_1(run: Callable[..., Any], api: MemoryApi, photo: Path) -> None:
    result = run("submit", "--wait", "--timeout", "0.2", str(photo))
    assert result.exit_code == 1
    assert "PENDING" in result.stdout
    assert len(api.all_jobs()) == 1


def test_a_file_that_is_not_there_is_a_usage_error(run: Callable[..., Any], api: MemoryApi) -> None:
    assert run("submit", "missing.png").exit_code == 2
    api.assert_untouched()


@pytest.mark.parametrize("bad", ["planet", ""])
def test_an_unknown_entity_type_is_refused_by_the_api(
    run: Callable[..., Any], api: MemoryApi, photo: Path, bad: str
) -> None:
    result = run("submit", "--entity-type", bad, str(photo))
    assert result.exit_code == 1
    assert "[invalid_request]" in result.stderr
    api.assert_untouched()


@pytest.fixture
def becomes_unavailable(api: MemoryApi, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """A function that makes the API unavailable from the n-th call of a function of the command."""
    monkeypatch.setattr("imagejobs.client.tries.MAX_RETRY_AFTER", 0.0)

    def arrange(name: str, nth: int) -> None:
        calls = 0
        function = getattr(submissions, name)

        def counted(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == nth:
                api.cut("mongodb")
            return function(*arguments)

        monkeypatch.setattr(submissions, name, counted)

    return arrange


def pictures(photo: Path, count: int) -> list[str]:
    paths = [photo.with_name(f"{number}.png") for number in range(1, count + 1)]
    for path in paths:
        path.write_bytes(photo.read_bytes())
    return [str(path) for path in paths]


@pytest.mark.parametrize("options", [[], ["--json"], ["--wait", "--json"]])
def test_jobs_accepted_before_the_api_became_unavailable_are_printed(
    run: Callable[..., Any],
    api: MemoryApi,
    photo: Path,
    becomes_unavailable: Callable[[str, int], None],
    options: list[str],
) -> None:
    files = pictures(photo, 5)
    becomes_unavailable("upload", 3)
    result = run("submit", *options, *files)
    assert result.exit_code == 1
    assert [job.original_filename for job in api.all_jobs()] == ["1.png", "2.png"]
    assert all(job.id in result.stdout for job in api.all_jobs())
    if "--json" in options:
        document = failure(result)["data"]
        assert [each["file"] for each in document] == files
        assert [each["job"]["_id"] for each in document if "job" in each] == [job.id for job in api.all_jobs()]
        assert [each["error"]["code"] for each in document[2:]] == ["unavailable", "not_sent", "not_sent"]
    assert f"{files[2]}: API is unavailable: MongoDB is unavailable" in result.stderr
    assert "(it was not accepted; the 2 file(s) after it were not sent)" in result.stderr
    assert "Traceback" not in result.stderr


def test_accepted_jobs_are_printed_if_the_api_becomes_unavailable_while_the_command_waits(
    run: Callable[..., Any], api: MemoryApi, photo: Path, becomes_unavailable: Callable[[str, int], None]
) -> None:
    becomes_unavailable("watch", 1)
    result = run("submit", "--wait", "--json", str(photo))
    assert result.exit_code == 1
    (document,) = failure(result)["data"]
    assert [document["job"]["_id"]] == [job.id for job in api.all_jobs()]
    assert document["error"]["code"] == "unavailable"
    assert "(the jobs were accepted; their results are not known)" in result.stderr


def test_a_job_that_is_deleted_while_it_waits_does_not_keep_it_from_the_others(
    run: Callable[..., Any],
    worker: Callable[..., Any],
    api: MemoryApi,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = getattr(submissions, "watch")  # noqa: B009 - it is what the module imported

    def delete_and_watch(client: Any, ids: list[str], timeout: float) -> Any:
        api.jobs.remove(ids[0], Guard(frozenset(JobStatus)))
        api.queue.messages.popleft()
        with worker(**DONE):
            yield from watch(client, ids, timeout)

    monkeypatch.setattr(submissions, "watch", delete_and_watch)
    result = run("submit", "--wait", "--json", "--timeout", "20", *pictures(photo, 2))
    gone, other = failure(result)["data"]
    assert (gone["job"]["originalFilename"], gone["error"]["code"]) == ("1.png", "not_found")
    assert (other["job"]["status"], "error" in other) == ("COMPLETED", False)


@pytest.mark.parametrize(("name", "accepted"), [("upload", ["1.png"]), ("watch", ["1.png", "2.png", "3.png"])])
def test_what_was_accepted_is_printed_after_an_interrupt(
    run: Callable[..., Any],
    api: MemoryApi,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    accepted: list[str],
) -> None:
    function = getattr(submissions, name)

    def interrupted(client: Any, what: Any, *rest: Any) -> Any:
        if name == "watch" or what.name == "2.png":
            raise KeyboardInterrupt
        return function(client, what, *rest)

    monkeypatch.setattr(submissions, name, interrupted)
    result = run("submit", "--wait", "--json", *pictures(photo, 3))
    assert result.exit_code == 130
    document = failure(result)
    assert document["error"]["code"] == "interrupted"
    assert [each["job"]["originalFilename"] for each in document["data"] if "job" in each] == accepted
    assert [job.original_filename for job in api.all_jobs()] == accepted


def test_an_upload_whose_answer_says_nothing_may_have_been_accepted(
    run: Callable[..., Any], photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagejobs.client.tries._backoff", lambda _state: 0.0)
    failing = Route("/api/image-jobs", lambda _: Response(status_code=502), methods=["POST"])
    with served(Starlette(routes=[failing])) as address:
        monkeypatch.setenv("API_URL", address)
        result = run("submit", str(photo))
    assert result.exit_code == 1
    assert "(whether it was accepted is not known)" in result.stderr
    assert "imagejobs up" not in result.stderr


def test_an_answer_like_no_api_ends_it_too(
    run: Callable[..., Any], api: MemoryApi, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = submissions.upload

    def upload(client: Any, file: Path, *rest: Any) -> Any:
        if file.name == "2.png":
            raise UnexpectedAnswer("a proxy's page")
        return function(client, file, *rest)

    monkeypatch.setattr(submissions, "upload", upload)
    result = run("submit", "--json", *pictures(photo, 3))
    assert result.exit_code == 1
    assert failure(result)["data"][0]["job"]["_id"] == api.all_jobs()[0].id
    assert [job.original_filename for job in api.all_jobs()] == ["1.png"]
    assert "2.png: a proxy's page" in result.stderr


def test_after_a_file_that_can_no_longer_be_read_the_others_are_sent(
    run: Callable[..., Any], api: MemoryApi, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = pictures(photo, 3)
    function = submissions.upload

    def upload(client: Any, file: Path, *rest: Any) -> Any:
        if file.name == "2.png":
            file.unlink()
        return function(client, file, *rest)

    monkeypatch.setattr(submissions, "upload", upload)
    result = run("submit", *files)
    assert result.exit_code == 1
    assert f"{files[1]}: cannot be read: No such file or directory" in result.stderr
    assert [job.original_filename for job in api.all_jobs()] == ["1.png", "3.png"]
