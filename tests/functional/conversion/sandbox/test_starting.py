"""A child that cannot start: the file is not at fault, so the error is retryable, and it names the reason."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox import process
from imagejobs.conversion.sandbox.pool import Converter

Program = Callable[[str], None]


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Replaces the interpreter that starts the children by a shell script."""

    def put(script: str) -> None:
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(path))

    return put


@pytest.fixture
def failure(folders: Callable[[], list[Path]], small: bytes) -> Callable[[], ConversionError]:
    """Converts a picture; the error with which this fails. No process and no folder may be left."""

    def convert() -> ConversionError:
        children = psutil.Process().children()
        with Converter() as converter:
            with pytest.raises(ConversionError) as caught:
                converter.convert(small, Options())
            assert psutil.Process().children() == children
            assert folders() == []
            assert converter.pids == []
        return caught.value

    return convert


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo no library anywhere >&2; exit 3", "no library anywhere"),
        ("exit 3", "it ended"),
        ("echo this is no frame at all", "too large"),
        (r"printf '\2\0\0\0\0\0\0\0\0\0\0\0[]'", "without a header"),
        (r"printf '\2\0\0\0\0\0\0\0\0\0\0\0{}'", "encoder"),
        (r"printf '\100\0\0\0\0\0\0\0\0\0\0\0{'", "it ended"),
        ("kill -9 $$", "it ended"),
    ],
)
def test_a_child_that_cannot_start_says_why(
    script: str, reason: str, python: Program, failure: Callable[[], ConversionError]
) -> None:
    python(script)
    told = failure()

    assert (told.code, told.retryable) == ("conversion_failed", True)
    assert reason in str(told)


def test_one_that_is_never_ready_is_killed(
    python: Program, failure: Callable[[], ConversionError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_START_SECONDS", 0.3)
    python("echo looking for it >&2; exec sleep 600")
    told = failure()

    assert told.retryable
    assert "not ready after 0.3 s. looking for it" in str(told)


def test_a_program_that_is_not_there_is_named(
    failure: Callable[[], ConversionError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    told = failure()

    assert told.retryable
    assert "/nowhere/python" in str(told)


def test_without_room_for_its_folder_no_child_starts(
    failure: Callable[[], ConversionError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    assert "/nowhere" in str(failure())


def test_starting_beforehand_fails_no_one(small: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken, Converter() as converter:
        broken.setattr(sys, "executable", "/nowhere/python")
        converter.start(1)
        assert converter.pids == []
        broken.undo()

        assert converter.convert(small, Options()).data


def test_after_a_failed_start_the_next_job_starts_one(python: Program, small: bytes) -> None:
    interpreter = sys.executable
    with Converter() as converter:
        python("exit 1")
        with pytest.raises(ConversionError):
            converter.abilities()
        python(f'exec {interpreter} "$@"')

        assert converter.abilities().encoder.startswith("ImageMagick")
        assert converter.convert(small, Options()).data
