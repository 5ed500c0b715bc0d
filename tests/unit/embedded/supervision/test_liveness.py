import os
from pathlib import Path

import pytest
from imagejobs.embedded.supervision.liveness import is_alive


def test_this_process_is_alive() -> None:
    assert is_alive(os.getpid())


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_that_name_process_groups_are_not_processes(number: int) -> None:
    assert not is_alive(number)


def test_another_users_process_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert is_alive(1)


def test_without_proc_a_process_that_answers_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_path: Path) -> bytes:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_bytes", missing)
    assert is_alive(os.getpid())
