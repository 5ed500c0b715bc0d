from collections.abc import Callable
from typing import Any

import pytest
from imagejobs.cli import app
from typer.testing import CliRunner

Run = Callable[..., Any]


def test_every_wrong_setting_is_a_line_of_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_URL", "ftp://x")
    monkeypatch.setenv("API_PORT", "many")
    result = run("list")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["API_PORT", "API_URL"]


def test_what_is_not_foreseen_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("imagejobs.cli.image_jobs.api_client", broken)
    result = CliRunner().invoke(app, ["list"])
    assert isinstance(result.exception, RuntimeError)
