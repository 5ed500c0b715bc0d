import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.contract.openapi import load_contract
from PIL import Image
from worlds.api_requests import image_bytes
from worlds.command_line import data, failure

Run = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("warm_engine")


def test_a_good_image_becomes_webp_and_its_receipt_is_printed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(image_bytes("jpeg", 64, 48))
    result = run("convert", "--json", str(tmp_path / "in.jpg"), str(tmp_path / "out.webp"))
    assert result.exit_code == 0, result.stderr
    answer = data(result)
    receipt = answer["receipt"]
    body = load_contract().operations["updateImageJobStatus"].body
    assert body
    assert body.schema.violations({"status": "FAILED", "receipt": receipt}) == []
    written = (tmp_path / "out.webp").read_bytes()
    assert (receipt["output"]["bytes"], receipt["output"]["mimetype"]) == (len(written), "image/webp")
    assert answer["outputs"] == [{"file": str(tmp_path / "out.webp"), "width": 64, "height": 48, "bytes": len(written)}]
    with Image.open(io.BytesIO(written)) as image:
        assert (image.format, image.size) == ("WEBP", (64, 48))


def test_the_size_and_quality_can_be_chosen(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(image_bytes("png", 64, 48))
    target = str(tmp_path / "out.webp")
    result = run("convert", "--json", "--max-side", "32", "--quality", "50", str(tmp_path / "in.png"), target)
    receipt = data(result)["receipt"]
    assert (receipt["output"]["width"], receipt["output"]["height"]) == (32, 24)
    assert ("lossy", 50) in [(trial["encoding"], trial["quality"]) for trial in receipt["tried"]]


def test_for_people_it_is_the_receipt_as_a_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(image_bytes("png", 64, 48))
    result = run("convert", str(tmp_path / "in.png"), str(tmp_path / "out.webp"))
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[0] for line in lines if line][:2] == ["source", "output"]
    assert {"tried", "chosen", "placeholder", "took"} <= {line[0] for line in lines if line}
    assert "64x48" in lines[0]
    assert str(tmp_path / "out.webp") in result.stdout


def test_further_renditions_are_written_beside_the_output(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(image_bytes("png", 64, 48))
    sides = ("--rendition", "32", "--rendition", "100", "--rendition", "8")
    result = run("convert", *sides, str(tmp_path / "in.png"), str(tmp_path / "out.webp"))
    assert result.exit_code == 0, result.stderr
    sizes = {}
    for file in tmp_path.glob("out*.webp"):
        with Image.open(file) as image:
            sizes[file.name] = image.size
    assert sizes == {"out.webp": (64, 48), "out-32.webp": (32, 24), "out-8.webp": (8, 6)}


def test_the_quality_can_be_left_to_the_engine(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(image_bytes("jpeg", 64, 48))
    result = run("convert", "--json", "--quality", "auto", str(tmp_path / "in.jpg"), str(tmp_path / "out.webp"))
    assert "SSIM" in data(result)["receipt"]["reason"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"text", "unsupported_type"), (image_bytes("png", 64, 48)[:-40], "truncated"), (b"", "unsupported_type")],
)
def test_a_bad_file_is_exit_code_1_with_a_code_and_writes_nothing(
    run: Run, tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "in.png").write_bytes(content)
    result = run("convert", "--json", str(tmp_path / "in.png"), str(tmp_path / "out.webp"))
    assert result.exit_code == 1
    document = failure(result)
    assert document["error"] == {"code": code, "retryable": False}
    assert len(document["message"]) > 20
    assert not (tmp_path / "out.webp").exists()


def test_for_people_a_bad_file_is_one_sentence_on_standard_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(b"text")
    result = run("convert", str(tmp_path / "in.png"), str(tmp_path / "out.webp"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("imagejobs: ")
    assert result.stderr.endswith("[unsupported_type]\n")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--max-side", "0"), ("--max-side", "16384"), ("--quality", "0"), ("--quality", "100"), ("--quality", "best")],
)
def test_what_webp_cannot_do_is_a_usage_error(run: Run, tmp_path: Path, option: str, value: str) -> None:
    (tmp_path / "in.png").write_bytes(image_bytes())
    assert run("convert", option, value, str(tmp_path / "in.png"), str(tmp_path / "out.webp")).exit_code == 2


@pytest.mark.parametrize("target", ["nowhere/out.webp", "folder.webp"])
def test_a_target_that_cannot_be_written_is_named(run: Run, tmp_path: Path, target: str) -> None:
    (tmp_path / "folder.webp").mkdir()
    (tmp_path / "in.png").write_bytes(image_bytes())
    message = failure(run("convert", "--json", str(tmp_path / "in.png"), str(tmp_path / target)))["message"]
    assert "cannot be written" in message
    assert Path(target).name in message
