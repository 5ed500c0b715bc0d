"""Children end with their parent, however it ends; and which modules of its program they load."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from imagejobs.conversion.sandbox.pool import Converter
from servers.processes import wait_until
from worlds.conversion_children import cpu_seconds, folder_of, has_died, has_stopped, slow_picture

PARENT = """
import sys
from pathlib import Path
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.options import Options
converter = Converter()
converter.abilities()
print(*converter.pids, flush=True)
converter.convert(Path(sys.argv[1]).read_bytes(), Options(max_side=2048, method=6))
"""
LOADS = """
import sys
from pathlib import Path
from imagejobs.conversion.sandbox import child
from imagejobs.conversion.sandbox.confinement import Limits, limit_resources
limit_resources(Limits())
child.load_engine(Path.cwd())
import imagejobs.conversion.engine
print(*sys.modules)
"""
FOREIGN = {
    "redis",
    "minio",
    "dramatiq",
    "starlette",
    "pymongo",
    "mongoengine",
    "httpx2",
    "pydantic",
    "urllib3",
    "numpy",
}


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that prints its child's process id, then converts the slow picture in that child."""
    picture = tmp_path / "picture.png"
    picture.write_bytes(slow_picture())
    command, environment = [sys.executable, "-c", PARENT, str(picture)], {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        yield running
        running.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_of_a_dead_parent_ends_in_mid_conversion(
    number: signal.Signals, parent: subprocess.Popen[str]
) -> None:
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    folder, before = folder_of(child), cpu_seconds(child)
    wait_until(lambda: cpu_seconds(child) > before + 0.1)
    assert psutil.Process(child).ppid() == parent.pid

    os.kill(parent.pid, number)

    wait_until(lambda: not folder.exists(), 3)
    wait_until(lambda: has_died(child), 3)
    parent.wait(10)


def test_what_a_parent_and_a_child_that_died_at_once_left_is_removed_by_the_next(
    parent: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    folder = folder_of(child)
    (folder / "magick-spilled").write_bytes(bytes(1000))
    with Converter():
        assert folder.exists(), "the folder is in use"
    os.kill(child, signal.SIGSTOP)
    wait_until(lambda: has_stopped(child))
    with Converter():
        assert folder.exists(), "the parent lives"

    os.kill(parent.pid, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    parent.wait(10)
    wait_until(lambda: has_died(child))

    assert folder.exists(), "without the folder there is nothing to remove"
    with Converter():
        assert not folder.exists()


def test_the_child_loads_nothing_that_knows_settings_or_a_network() -> None:
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", LOADS], timeout=60, check=True, capture_output=True, text=True
    ).stdout.split()

    own = {name for name in loaded if name.startswith("imagejobs.") and not name.startswith("imagejobs.conversion")}
    assert own == {"imagejobs.errors", "imagejobs.value_ranges"}
    assert FOREIGN.isdisjoint(loaded)
    assert "imagejobs.conversion.engine" in loaded
