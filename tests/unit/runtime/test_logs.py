import logging
from collections.abc import Iterator

import pytest
from imagejobs.runtime.logs import QUIET, set_up_logging


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for quiet in QUIET:  # a server that ran in this process before has switched uvicorn.access off
        monkeypatch.setattr(logging.getLogger(quiet), "propagate", True)
    names = (None, *QUIET)
    handlers, levels = logging.root.handlers[:], [logging.getLogger(name).level for name in names]
    yield
    logging.root.handlers[:] = handlers
    for name, level in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(level)


def test_a_record_is_a_line_on_standard_error_with_the_time_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO")
    record = logging.LogRecord("imagejobs.x", logging.WARNING, "x.py", 1, "job %s", ("1",), None)
    record.created, record.msecs = 1704067200.25, 250.0
    logging.getLogger("imagejobs.x").handle(record)
    captured = capsys.readouterr()
    assert captured.err == "2024-01-01T00:00:00.250Z WARNING imagejobs.x: job 1\n"
    assert captured.out == ""


def test_the_level_is_the_settings_and_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO")
    set_up_logging("INFO")
    logging.getLogger("imagejobs.x").debug("hidden")
    logging.getLogger("imagejobs.x").info("shown")
    for name in QUIET:
        logging.getLogger(name).info("hidden")
        logging.getLogger(name).warning("heard from %s", name)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 + len(QUIET), "each once, however often it is set up"
    assert not any("hidden" in line for line in lines)
