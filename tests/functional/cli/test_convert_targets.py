"""The files that `imagejobs convert` writes. It never replaces its source without --force."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli import app
from PIL import Image
from typer.testing import CliRunner
from worlds.api_requests import image_bytes
from worlds.command_line import failure

Run = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("warm_engine")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestTheSource:
    """Without `--force` no output may replace the source, whatever its name."""

    @pytest.fixture(autouse=True)
    def original(self, folder: Path) -> bytes:
        content = image_bytes("webp", 64, 48)
        (folder / "a.webp").write_bytes(content)
        return content

    @pytest.fixture(params=["itself", "path", "symlink", "source symlink", "hard link"])
    def names(self, request: pytest.FixtureRequest, folder: Path) -> tuple[str, str]:
        """IN and OUT, which lead to the same file."""
        link = folder / "link.webp"
        match request.param:
            case "itself":
                return "a.webp", "a.webp"
            case "path":
                (folder / "sub").mkdir()
                return "a.webp", str(folder / "sub" / ".." / "a.webp")
            case "symlink":
                link.symlink_to("a.webp")
                return "a.webp", "link.webp"
            case "source symlink":
                link.symlink_to("a.webp")
                return "link.webp", "a.webp"
            case _:
                link.hardlink_to(folder / "a.webp")
                return "a.webp", "link.webp"

    def test_it_is_not_replaced(self, run: Run, folder: Path, original: bytes, names: tuple[str, str]) -> None:
        before = sorted(folder.iterdir())
        result = run("convert", "--json", "--max-side", "8", *names)
        assert result.exit_code == 2
        assert "is the source" in failure(result)["message"]
        assert "--force" in failure(result)["message"]
        assert (folder / "a.webp").read_bytes() == original
        assert sorted(folder.iterdir()) == before

    def test_with_force_it_is_replaced(self, run: Run, folder: Path, names: tuple[str, str]) -> None:
        before = sorted(folder.iterdir())
        result = run("convert", "--force", "--max-side", "8", *names)
        assert result.exit_code == 0, result.stderr
        with Image.open(folder / names[1]) as image:
            assert image.size == (8, 6)
        assert sorted(folder.iterdir()) == before

    def test_nor_is_it_by_a_rendition(self, run: Run, folder: Path, original: bytes) -> None:
        (folder / "a.webp").rename(folder / "b-32.webp")
        result = run("convert", "--rendition", "32", "b-32.webp", "b.webp")
        assert result.exit_code == 2
        assert (folder / "b-32.webp").read_bytes() == original
        assert not (folder / "b.webp").exists(), "nothing is written, not even the outputs that would be right"
        assert run("convert", "--force", "--rendition", "32", "b-32.webp", "b.webp").exit_code == 0
        assert (folder / "b-32.webp").read_bytes() != original

    def test_another_file_is_replaced(self, run: Run, folder: Path, original: bytes) -> None:
        (folder / "out.webp").write_bytes(b"an older result")
        assert run("convert", "a.webp", "out.webp").exit_code == 0
        assert (folder / "out.webp").read_bytes()[:4] == b"RIFF"
        assert (folder / "a.webp").read_bytes() == original

    @pytest.mark.parametrize("target", ["a.jpg", "a", "out.webp.png", "a.WEBPX"])
    def test_a_name_that_is_not_webp_is_refused(self, run: Run, folder: Path, original: bytes, target: str) -> None:
        result = run("convert", "--json", "--force", "a.webp", target)
        assert result.exit_code == 2
        assert "does not end in .webp" in failure(result)["message"]
        assert [each.name for each in folder.iterdir()] == ["a.webp"]
        assert (folder / "a.webp").read_bytes() == original

    def test_upper_case_is_webp_too(self, run: Run, folder: Path) -> None:
        assert run("convert", "a.webp", "OUT.WEBP").exit_code == 0
        assert (folder / "OUT.WEBP").exists()


class TestStandardStreams:
    @pytest.fixture(autouse=True)
    def source(self, folder: Path) -> Path:
        (folder / "in.png").write_bytes(image_bytes("png", 64, 48))
        return folder / "in.png"

    def test_the_result_goes_to_standard_output_and_the_receipt_to_standard_error(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RENDITIONS", "32,16")
        result = run("convert", "in.png", "-")
        assert result.exit_code == 0, result.stderr
        with Image.open(io.BytesIO(result.stdout_bytes)) as image:
            assert (image.format, image.size) == ("WEBP", (64, 48))
        assert "chosen" in result.stderr
        assert [each.name for each in folder.iterdir()] == ["in.png"]

    def test_as_json_the_receipt_is_one_document_on_standard_error(self, run: Run) -> None:
        result = run("convert", "--json", "in.png", "-")
        assert result.stdout_bytes[:4] == b"RIFF"
        assert json.loads(result.stderr)["data"]["receipt"]["output"]["bytes"] == len(result.stdout_bytes)

    @pytest.mark.parametrize("wrong", ["content", "setting", "option"])
    def test_an_error_leaves_standard_output_empty(
        self, run: Run, source: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
    ) -> None:
        if wrong == "content":
            source.write_bytes(b"text")
        if wrong == "setting":
            monkeypatch.setenv("MAX_SIDE", "wide")
        result = run("convert", "--json", *(["--quality", "best"] if wrong == "option" else []), "in.png", "-")
        codes = {"content": "unsupported_type", "setting": "configuration", "option": "usage"}
        assert result.stdout_bytes == b""
        assert json.loads(result.stderr)["error"]["code"] == codes[wrong]

    def test_standard_input_is_a_source(self, folder: Path, source: Path) -> None:
        result = CliRunner().invoke(app, ["convert", "-", "out.webp"], input=source.read_bytes())
        assert result.exit_code == 0, result.stderr
        assert (folder / "out.webp").read_bytes()[:4] == b"RIFF"

    def test_renditions_do_not_go_to_standard_output(self, run: Run) -> None:
        result = run("convert", "--json", "--rendition", "32", "in.png", "-")
        assert (result.exit_code, result.stdout_bytes) == (2, b"")
        assert "takes one picture" in json.loads(result.stderr)["message"]

    @pytest.mark.parametrize("rest", [["-"], ["out.webp"], ["out.webp", "--json"]], ids=" ".join)
    @pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
    def test_a_full_standard_output_is_an_error_without_a_traceback(self, rest: list[str], unbuffered: str) -> None:
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "imagejobs", "convert", "in.png", *rest],
                env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=60,
                check=False,
            )
        expected = "imagejobs: standard output cannot be written: No space left on device\n"
        assert (done.returncode, done.stderr) == (1, expected)
