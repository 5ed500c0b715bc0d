"""One child process with its folder: spawned, and buried with its last words."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, cast

from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.folders import Folder
from imagejobs.runtime.process_stat import process_stat

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "MAGICK_HOME", "WAND_MAGICK_LIBRARY_SUFFIX")
"""Of the environment: where the libraries are. No settings, and with them no secrets."""
_END_SECONDS = 5.0
_USER_TIME, _SYSTEM_TIME = 11, 12
_MESSAGE_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Child:
    """A child process with a folder of its own; `messages` is the file that its standard error goes to."""

    process: "subprocess.Popen[bytes]"
    folder: Folder
    messages: BinaryIO

    @property
    def input(self) -> BinaryIO:
        """What it reads its jobs from."""
        return cast("BinaryIO", self.process.stdin)

    @property
    def output(self) -> BinaryIO:
        """Where it writes its results."""
        return cast("BinaryIO", self.process.stdout)

    def cpu_seconds(self) -> float | None:
        """The processor time that it has used so far, None where that cannot be known: it is gone, or not on Linux."""
        try:
            stat = process_stat(self.process.pid)
            return (int(stat[_USER_TIME]) + int(stat[_SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            return None

    def ended_by_itself(self) -> bool:
        """Give it a few seconds to end; otherwise it is killed."""
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True

    def bury(self) -> str:
        """Remove it, dead or alive, with its folder, and hand on its last words."""
        self.process.kill()
        self.process.wait()
        message = self._last_words()
        for stream in (self.output, self.messages):
            stream.close()
        with suppress(OSError):  # what was not sent any more
            self.input.close()
        self.folder.remove()
        return message

    def _last_words(self) -> str:
        descriptor = self.messages.fileno()
        start = max(0, os.fstat(descriptor).st_size - _MESSAGE_BYTES)
        return os.pread(descriptor, _MESSAGE_BYTES, start).decode(errors="replace").strip()


def spawn(limits: Limits) -> Child:
    """Start a child, without waiting until it is ready. Raises OSError."""
    command = [sys.executable, "-I", "-m", "imagejobs.conversion.sandbox.child", json.dumps(asdict(limits))]
    with ExitStack() as on_error:
        folder = Folder.make()
        on_error.callback(folder.remove)
        # A file without a name: the child cannot put another one in its place for the parent to read.
        messages = on_error.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            cwd=folder.path,
            env=_environment(folder.path),
            start_new_session=True,
        )
        on_error.pop_all()
    return Child(process, folder, cast("BinaryIO", messages))


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    own = str(folder)
    return {
        **kept,
        "HOME": own,
        "TMPDIR": own,
        "MAGICK_TEMPORARY_PATH": own,
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # fewer page faults: a tenth of the time of large pictures
        "MALLOC_ARENA_MAX": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
