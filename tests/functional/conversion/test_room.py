"""How much memory and how many files a process can still get, under real limits."""

import subprocess
import sys

import pytest

LIMITED = (
    "import resource; resource.setrlimit(resource.{}, ({}, {})); "
    "from imagejobs.conversion.magick import machine_room as room; print({})"
)


def under(limit: str, value: int, question: str) -> str:
    """Evaluate an expression in a process under this limit; what it prints."""
    program = LIMITED.format(limit, value, value, question)
    return subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()


def test_memory_ends_where_the_limit_does() -> None:
    asked = "room.has_memory(10_000_000), room.has_memory(199_000_000)"

    assert under("RLIMIT_AS", 200_000_000, asked) == "True False"


def test_a_machine_that_gives_what_the_limit_allows_is_not_short() -> None:
    assert under("RLIMIT_AS", 200_000_000, "room.has_all_its_memory()") == "True"


@pytest.mark.parametrize(("limit", "are_enough"), [(8, "False"), (64, "True")])
def test_files_end_where_the_limit_does(limit: int, are_enough: str) -> None:
    assert under("RLIMIT_NOFILE", limit, "room.has_files()") == are_enough
