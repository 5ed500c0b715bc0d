"""What a hostile file could find in the process that decodes it."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from imagejobs.conversion.sandbox.pool import Converter
from worlds.conversion_children import folder_of

SECRETS = ("R2_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "API_TOKENS", "MONGODB_URI")
KNOWN = {
    *("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "MAGICK_HOME", "WAND_MAGICK_LIBRARY_SUFFIX"),
    *("HOME", "TMPDIR", "MAGICK_TEMPORARY_PATH"),
    *("GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
}


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def child(temporary: Path) -> Iterator[psutil.Process]:
    """A ready child. Its parent has secrets in its environment and open descriptors that children may inherit."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(tempfile, "tempdir", str(temporary))
        for name in SECRETS:
            patch.setenv(name, "hidden")
        descriptors = [stack.enter_context(tempfile.TemporaryFile()).fileno()]
        descriptors += [stack.enter_context(each).fileno() for each in socket.socketpair()]
        for descriptor in descriptors:
            os.set_inheritable(descriptor, True)
        converter = stack.enter_context(Converter())
        converter.abilities()
        yield psutil.Process(converter.pids[0])


def test_the_environment_holds_nothing_but_where_libraries_are(child: psutil.Process) -> None:
    environment = child.environ()

    assert set(environment) <= KNOWN
    assert "hidden" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]
    assert {environment[name] for name in ("HOME", "TMPDIR", "MAGICK_TEMPORARY_PATH")} == {child.cwd()}


def test_only_the_pipes_are_open(child: psutil.Process) -> None:
    descriptors = {each.name: each.readlink() for each in Path(f"/proc/{child.pid}/fd").iterdir()}

    assert set(descriptors) == {"0", "1", "2"}
    assert [str(descriptors[name]).partition(":")[0] for name in "01"] == ["pipe", "pipe"]
    assert str(descriptors["2"]).endswith("(deleted)")


def test_it_has_a_session_of_its_own(child: psutil.Process) -> None:
    assert os.getsid(child.pid) == child.pid
    assert os.getsid(child.pid) != os.getsid(0)


def test_its_folder_is_one_that_only_its_user_enters(temporary: Path, child: psutil.Process) -> None:
    folder = folder_of(child.pid)

    assert [folder] == list(temporary.iterdir())
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_words_of_the_command_hold_nothing_but_limits(child: psutil.Process) -> None:
    assert child.cmdline()[1:4] == ["-I", "-m", "imagejobs.conversion.sandbox.child"]
    assert "hidden" not in " ".join(child.cmdline())
