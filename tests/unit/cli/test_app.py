from collections.abc import Callable
from typing import Any

import pytest
from imagejobs import __version__

Run = Callable[..., Any]
COMMANDS = {
    "up",
    "demo",
    "convert",
    "doctor",
    "api",
    "queue-adapter",
    "worker",
    "reconciler",
    "indexes",
    "sweep",
    "audit",
    "submit",
    "status",
    "list",
    "retry",
    "delete",
    "stats",
}


def test_help_names_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert {word for word in result.stdout.split() if word in COMMANDS} == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(run: Run, command: str) -> None:
    result = run(command, "-h")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").stdout == f"{__version__}\n"


def test_a_command_that_does_not_exist_is_a_usage_error(run: Run) -> None:
    assert run("explode").exit_code == 2
