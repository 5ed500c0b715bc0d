"""The output for people at 80 columns: nothing is cut, and no id, address or name is broken."""

import io
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.presentation.answer import Answer, show
from imagejobs.cli.presentation.console import console_for
from imagejobs.cli.presentation.jobs import job_view, jobs_view, results_view
from imagejobs.cli.presentation.receipts import receipt_view
from imagejobs.cli.presentation.reports import damages_view, findings_view, stats_view, swept_view
from imagejobs.conversion.sandbox.result import Picture, Result
from imagejobs.jobs.upkeep.audit import Damage
from imagejobs.jobs.upkeep.sweep import Kind, Swept
from rich.console import Console, RenderableType

COLUMNS = 80
ADDRESS = "https://pub.example/optimized/1600000000000-0123456789ab-optimized.webp"
LONG_ADDRESS = f"https://{'x' * 90}.example/optimized/x.webp?expires=1&signature={'5' * 64}"
JOB: dict[str, Any] = {
    "_id": "655501d2f12a3d0f3c5a1002",
    "entityType": "event",
    "entityId": "655501d2f12a3d0f3c5a1001",
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
    "errorCode": None,
    "outputImageURL": ADDRESS,
    "receipt": {"source": FACTS, "output": FACTS | {"bytes": 500}},
}


def drawn(view: RenderableType) -> str:
    out = io.StringIO()
    Console(file=out, width=COLUMNS, force_terminal=True, color_system=None).print(view, crop=False, highlight=False)
    return out.getvalue()


def widths(text: str) -> list[int]:
    return [len(line) for line in text.splitlines()]


def test_a_list_has_whole_ids_and_fits_80_columns() -> None:
    failed = JOB | {"errorMsg": "The PNG is damaged: " + "its chunk ends too early, " * 8, "originalFilename": "p.png"}
    text = drawn(jobs_view([failed, DONE]))
    lines = text.splitlines()
    assert lines[0] == "655501d2f12a3d0f3c5a1002  FAILED      2024-01-01 00:00:00"
    assert lines[1] == "  event 655501d2f12a3d0f3c5a1001, p.png"
    assert text.count("655501d2f12a3d0f3c5a1002") == 2
    assert "[corrupt]" in text
    assert max(widths(text)) <= COLUMNS


def test_a_list_ends_with_how_it_goes_on_and_an_empty_one_is_a_sentence() -> None:
    assert drawn(jobs_view([DONE], "There are more: --cursor x")).endswith("There are more: --cursor x\n")
    assert drawn(jobs_view([])) == "no jobs\n"


def test_a_result_tells_sizes_saving_time_and_address_and_fits_80_columns() -> None:
    text = drawn(results_view([("photo.png", DONE)]))
    assert text.splitlines() == [
        "655501d2f12a3d0f3c5a1002  photo.png",
        "  COMPLETED  2.0 kB to 500 bytes, 75 % saved, 400x300, 2.5 s",
        ADDRESS,
    ]
    assert max(widths(text)) <= COLUMNS


@pytest.mark.parametrize("draw", [lambda job: results_view([("photo.png", job)]), job_view])
def test_an_address_that_is_longer_than_a_line_is_still_one_line_to_copy(draw: Any) -> None:
    text = drawn(draw(DONE | {"outputImageURL": LONG_ADDRESS}))
    assert [line for line in text.splitlines() if line.endswith(LONG_ADDRESS)]


def test_an_animation_tells_its_frames_and_a_larger_output_a_negative_saving() -> None:
    output = FACTS | {"bytes": 3_000, "frames": 16}
    text = drawn(results_view([("a.gif", DONE | {"receipt": {"source": FACTS, "output": output}})]))
    assert "400x300 x 16" in text
    assert "-50 % saved" in text


@pytest.mark.parametrize("job", [JOB, {name: value for name, value in DONE.items() if name != "receipt"}])
def test_a_job_without_a_receipt_tells_its_status(job: dict[str, Any]) -> None:
    assert job["status"] in drawn(results_view([("photo.png", job)]))


def test_the_problem_is_told_with_its_code() -> None:
    assert "The PNG is damaged. [corrupt]" in drawn(jobs_view([JOB]))
    assert "The PNG is damaged. [corrupt]" in drawn(results_view([("photo.png", JOB)]))


HOSTILE = "[bold]x[/bold] [/] [link=http://page.example]"


@pytest.mark.parametrize("field", ["errorMsg", "originalFilename", "entityId"])
def test_what_others_wrote_is_shown_as_it_is_and_not_read_as_markup(field: str) -> None:
    job = JOB | {field: HOSTILE.replace("/", "")}
    assert HOSTILE.replace("/", "") in drawn(jobs_view([job]))
    job = JOB | {field: HOSTILE}
    assert HOSTILE in drawn(job_view(job))
    drawn(jobs_view([job]))
    assert HOSTILE in drawn(results_view([(HOSTILE, job)]))


@pytest.mark.parametrize("field", ["errorMsg", "originalFilename", "entityId"])
def test_what_others_wrote_does_not_command_the_terminal(field: str) -> None:
    job = JOB | {field: "x\x1b[2J\x1b]0;title\x07\x9b2Jy"}
    for view in (job_view(job), jobs_view([job]), results_view([(job["originalFilename"], job)])):
        assert not {"\x1b", "\x07", "\x9b"} & set(drawn(view))


def test_one_job_is_shown_with_nested_fields_by_their_path_and_without_empty_ones() -> None:
    text = drawn(job_view(DONE))
    assert "receipt.output.width" in text
    assert "errorMsg" not in text
    assert "0" * 64 in text, "whole, though the line is longer than 80 columns"


def test_figures_without_durations_are_shown_too() -> None:
    stats = {"queueLength": 7, "byStatus": {"PENDING": 3}, "duration": {"count": 0}}
    assert "7" in drawn(stats_view(stats))
    assert "p50" not in drawn(stats_view(stats))
    assert "1200 ms" in drawn(stats_view(stats | {"duration": {"count": 2, "p50Ms": 1_200, "p95Ms": 3_000}}))


def test_a_sweep_of_many_objects_fits_80_columns_with_every_number() -> None:
    swept = Swept(1_000_001, 2_000_002, 3_000_003, 4_000_004, 5_000_005, 6_000_006, 7_000_007)
    text = drawn(swept_view(dict.fromkeys(Kind, swept)))
    assert max(widths(text)) <= COLUMNS
    for name in ("foreign", "young", "referenced", "orphans", "held_back", "deleted", "objects"):
        assert text.count(str(getattr(swept, name))) == 2, name


def test_a_damage_has_its_whole_id_and_key() -> None:
    key = f"optimized/{'x' * 90}.webp"
    (line,) = drawn(damages_view([Damage("655501d2f12a3d0f3c5a1002", key, None, None)])).splitlines()
    assert line == f"655501d2f12a3d0f3c5a1002  {key} is missing"


def test_a_finding_is_one_line_however_long_and_not_read_as_markup() -> None:
    text = "[bold]x[/bold] " * 20
    assert drawn(findings_view([("FAIL", "redis", text)])) == f"FAIL redis      {text}\n"


def test_a_receipt_names_its_files_whole() -> None:
    receipt = {"source": FACTS, "tried": [], "encoding": "lossy", "reason": "r", "orientation": 1, "notes": []}
    result = Result((Picture(4, 3, b"x"),), receipt | {"durationMs": 1, "encoder": "e"}, "thumb", "#000000")
    file = Path("/folder") / ("x" * 90) / "out.webp"
    assert str(file) in drawn(receipt_view([file], result))


def test_a_console_that_is_not_a_terminal_is_wide_enough_for_tables(capsys: pytest.CaptureFixture[str]) -> None:
    console_for().print("x" * 150)
    console_for(stderr=True).print("y" * 150)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("x" * 150 + "\n", "y" * 150 + "\n")


def test_an_address_in_a_pipe_is_whole_too(capsys: pytest.CaptureFixture[str]) -> None:
    show(Answer(view=results_view([("photo.png", DONE | {"outputImageURL": LONG_ADDRESS * 3})])), as_json=False)
    assert LONG_ADDRESS * 3 in capsys.readouterr().out
