import io
from typing import Any

import pytest
from imagejobs.cli.tables import console_for, job_table, jobs_table, results_table, stats_table
from rich.console import Console

JOB: dict[str, Any] = {
    "_id": "655501d2f12a3d0f3c5a1002",
    "entityType": "event",
    "entityId": "e1",
    "sourceImageURL": "https://pub.example/raw/x.jpg",
    "sourceImageKey": "raw/x.jpg",
    "status": "FAILED",
    "errorMsg": "The PNG is damaged.",
    "errorCode": "corrupt",
    "originalFilename": "photo.png",
    "fileSize": 1_500,
    "createdAt": "2024-01-01T00:00:00.000Z",
    "updatedAt": "2024-01-01T00:00:02.500Z",
    "processedAt": "2024-01-01T00:00:02.500Z",
}
FACTS = {"mimetype": "image/jpeg", "bytes": 2_000, "width": 400, "height": 300, "frames": 1, "sha256": "0" * 64}
DONE = JOB | {
    "status": "COMPLETED",
    "errorMsg": "",
    "outputImageURL": "https://pub.example/optimized/x.webp",
    "receipt": {"source": FACTS, "output": FACTS | {"bytes": 500}},
}


def drawn(table: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=250).print(table)
    return out.getvalue()


def test_a_result_tells_sizes_saving_time_and_address() -> None:
    text = drawn(results_table([("photo.png", DONE)]))
    for part in (
        "photo.png",
        "2.0 kB",
        "500 bytes",
        "75 %",
        "400x300",
        "2.5 s",
        "https://pub.example/optimized/x.webp",
    ):
        assert part in text


def test_an_animation_tells_its_frames_and_a_larger_output_a_negative_saving() -> None:
    output = FACTS | {"bytes": 3_000, "frames": 16}
    text = drawn(results_table([("a.gif", DONE | {"receipt": {"source": FACTS, "output": output}})]))
    assert "400x300 x 16" in text
    assert "-50 %" in text


@pytest.mark.parametrize("job", [JOB, {name: value for name, value in DONE.items() if name != "receipt"}])
def test_a_job_without_a_receipt_tells_its_status(job: dict[str, Any]) -> None:
    assert job["status"] in drawn(results_table([("photo.png", job)]))


def test_the_problem_is_told_with_its_code() -> None:
    assert "The PNG is damaged. [corrupt]" in drawn(jobs_table([JOB]))
    assert "The PNG is damaged. [corrupt]" in drawn(results_table([("photo.png", JOB)]))


HOSTILE = "[bold]x[/bold] [/] [link=http://page.example]"


@pytest.mark.parametrize("field", ["errorMsg", "originalFilename", "entityId"])
def test_what_others_wrote_is_shown_as_it_is_and_not_read_as_markup(field: str) -> None:
    job = JOB | {field: HOSTILE.replace("/", "")}
    assert HOSTILE.replace("/", "") in drawn(jobs_table([job]))
    job = JOB | {field: HOSTILE}
    assert HOSTILE in drawn(job_table(job))
    drawn(jobs_table([job]))
    assert HOSTILE in drawn(results_table([(HOSTILE, job)]))


def test_one_job_is_shown_with_nested_fields_by_their_path_and_without_empty_ones() -> None:
    text = drawn(job_table(DONE))
    assert "receipt.output.width" in text
    assert "errorMsg" not in text


def test_figures_without_durations_are_shown_too() -> None:
    stats = {"queueLength": 7, "byStatus": {"PENDING": 3}, "duration": {"count": 0}}
    assert "7" in drawn(stats_table(stats))
    assert "p50" not in drawn(stats_table(stats))
    assert "1200 ms" in drawn(stats_table(stats | {"duration": {"count": 2, "p50Ms": 1_200, "p95Ms": 3_000}}))


def test_a_console_that_is_no_terminal_is_wide_enough_for_tables(capsys: pytest.CaptureFixture[str]) -> None:
    console_for().print("x" * 150)
    console_for(stderr=True).print("y" * 150)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("x" * 150 + "\n", "y" * 150 + "\n")
