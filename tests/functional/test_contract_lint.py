"""`scripts/contract_lint/run.sh` reports the linters that it skipped, and still succeeds."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "contract_lint" / "run.sh"
NEEDED = ("dirname", "cmp", "mkdir", "cp")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH with the programs that the script needs, but without npm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(
            next(each for each in map(Path, ("/bin", "/usr/bin")) if (each / name).exists()) / name
        )
    return folder


def output(programs: Path, folder: Path) -> str:
    done = subprocess.run(
        ["/bin/sh", SCRIPT, folder],
        env=os.environ | {"PATH": str(programs)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_without_npm_it_says_so(programs: Path, tmp_path: Path) -> None:
    assert output(programs, tmp_path / "lint") == (
        "contract-lint: redocly and spectral were skipped: npm is not installed\n"
    )


def test_where_npm_cannot_install_it_says_so_and_tries_again_the_next_time(programs: Path, tmp_path: Path) -> None:
    npm = programs / "npm"
    npm.write_text("#!/bin/sh\necho asked\nexit 1\n")
    npm.chmod(0o755)
    told = "asked\ncontract-lint: redocly and spectral were skipped: npm could not install them\n"
    assert [output(programs, tmp_path / "lint") for _ in range(2)] == [told, told]
