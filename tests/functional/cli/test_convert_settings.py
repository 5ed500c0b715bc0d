"""`imagejobs convert` uses the conversion settings of a worker, and requires no other settings."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Result
from PIL import Image
from worlds.api_requests import image_bytes
from worlds.command_line import data, failure

Run = Callable[..., Any]
FILES = ("in.gif", "out.webp")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an animation of three frames, in.gif, and a photograph, in.jpg."""
    monkeypatch.chdir(tmp_path)
    first, *rest = (Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue"))
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=50)
    (tmp_path / "in.gif").write_bytes(out.getvalue())
    (tmp_path / "in.jpg").write_bytes(image_bytes("jpeg", 64, 48))
    return tmp_path


@pytest.mark.usefixtures("warm_engine")
@pytest.mark.parametrize(
    ("place", "name", "value", "code"),
    [
        ("environment", "MAX_UPLOAD_BYTES", "100", "too_large"),
        ("environment", "MAX_PIXELS", "1000", "too_many_pixels"),
        ("environment", "MAX_FRAMES", "2", "too_many_frames"),
        ("file", "MAX_FRAMES", "2", "too_many_frames"),
    ],
)
def test_its_limits_hold(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str, value: str, code: str
) -> None:
    if place == "environment":
        monkeypatch.setenv(name, value)
    else:
        (folder / ".env").write_text(f"{name}={value}\n")
    assert failure(run("convert", "--json", *FILES))["error"]["code"] == code


def test_the_time_and_the_memory_of_its_process_are_the_workers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    class Recorded(Converter):
        def __init__(self, limits: Limits | None = None) -> None:
            given.append(limits)
            super().__init__(limits)

        def convert(self, source: bytes, options: Options) -> Result:
            given.append(options.max_decoding_bytes)
            return super().convert(source, options)

    monkeypatch.setattr("imagejobs.cli.convert.Converter", Recorded)
    monkeypatch.setenv("CONVERSION_SECONDS", "7")
    monkeypatch.setenv("CONVERSION_MEMORY_BYTES", "345678901")
    assert run("convert", *FILES).exit_code == 0
    assert given == [Limits(seconds=7, memory_bytes=345678901), 245678901]


@pytest.mark.usefixtures("warm_engine")
def test_its_output_is_the_workers_and_options_come_first(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MAX_SIDE": "32", "RENDITIONS": "16,8", "WEBP_QUALITY": "auto", "TARGET_SSIM": "0.9"}.items():
        monkeypatch.setenv(name, value)
    document = data(run("convert", "--json", "in.jpg", "out.webp"))
    assert [each["file"] for each in document["outputs"]] == ["out.webp", "out-16.webp", "out-8.webp"]
    assert document["outputs"][0]["width"] == 32
    assert "0.9" in document["receipt"]["reason"]
    options = ("--max-side", "30", "--rendition", "10", "--quality", "70")
    document = data(run("convert", "--json", *options, "in.jpg", "other.webp"))
    assert [each["file"] for each in document["outputs"]] == ["other.webp", "other-10.webp"]
    assert (document["outputs"][0]["width"], document["receipt"]["quality"]) == (30, 70)


@pytest.mark.usefixtures("warm_engine")
def test_a_wrong_one_is_named_and_those_of_other_things_do_not_matter(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE", "s3")
    monkeypatch.setenv("REDIS_URI", "nonsense")
    assert run("convert", *FILES).exit_code == 0
    monkeypatch.setenv("MAX_SIDE", "wide")
    result = run("convert", *FILES)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("imagejobs: MAX_SIDE: ")
