"""Which files a child can still read and write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from imagejobs.conversion.sandbox.landlock import allow_only

PROGRAM = """
import sys, threading
from pathlib import Path
from imagejobs.conversion.sandbox.landlock import allow_only
if sys.argv[4] == "limited":
    assert allow_only([Path("/usr"), Path("/no/such/folder")], Path(sys.argv[1]))

def tried(action):
    try:
        action()
    except PermissionError:
        return "refused"
    return "done"

def look():
    own, foreign = Path(sys.argv[1]), Path(sys.argv[2])
    print(
        tried(lambda: (own / "written").write_text("x")),
        tried(lambda: (own / "written").unlink()),
        tried(lambda: next(Path("/usr").iterdir())),
        tried(lambda: (foreign / "secret").read_text()),
        tried(lambda: (foreign / "secret").write_text("x")),
        tried(lambda: (foreign / "secret").unlink()),
        tried(lambda: Path(f"/proc/{sys.argv[3]}/environ").read_bytes()),
        tried(lambda: open("/etc/hostname").read()),
        flush=True,
    )

look()
thread = threading.Thread(target=look)
thread.start()
thread.join()
"""
OPEN_WORLD = subprocess.run(
    [sys.executable, "-c", "import sys; from pathlib import Path; "
     "from imagejobs.conversion.sandbox.landlock import allow_only; sys.exit(not allow_only([], Path('/tmp')))"],
    check=False,
    timeout=30,
).returncode  # fmt: skip
needs_landlock = pytest.mark.skipif(OPEN_WORLD != 0, reason="this kernel has no Landlock")


def look(folder: Path, how: str) -> list[list[str]]:
    """What a process and one of its threads may do in its own folder, /usr, another folder, /proc and /etc."""
    for name in ("own", "foreign"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "foreign" / "secret").write_text("secret")
    arguments = [str(folder / "own"), str(folder / "foreign"), str(os.getpid()), how]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True, timeout=30
    )
    return [line.split() for line in done.stdout.splitlines()]


@needs_landlock
def test_only_its_own_folder_can_be_written_and_only_programs_be_read(tmp_path: Path) -> None:
    assert look(tmp_path, "limited") == [["done"] * 3 + ["refused"] * 5] * 2
    assert (tmp_path / "foreign" / "secret").read_text() == "secret"


def test_without_it_all_of_that_can_be_done(tmp_path: Path) -> None:
    assert look(tmp_path, "free")[0] == ["done"] * 8


def test_elsewhere_than_on_linux_nothing_is_promised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert allow_only([], tmp_path) is False
