"""One child process with its folder, from its start to its removal."""

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
"""The environment variables that the child inherits: where libraries are, but no settings and no secrets."""
_END_SECONDS = 5.0
"""The time that a child has to end by itself."""
_USER_TIME, _SYSTEM_TIME = 11, 12
"""Indices in process_stat; the values are clock ticks."""
_MESSAGE_BYTES = 2_000
"""How much of the end of the child's standard error is kept."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child process with a folder of its own. `messages` is the file of its standard error."""

    process: "subprocess.Popen[bytes]"
    folder: Folder
    messages: BinaryIO

    @property
    def input(self) -> BinaryIO:
        """The pipe to the child, for requests."""
        return cast("BinaryIO", self.process.stdin)

    @property
    def output(self) -> BinaryIO:
        """The pipe from the child, for answers."""
        return cast("BinaryIO", self.process.stdout)

    def cpu_seconds(self) -> float | None:
        """The processor time that the child has used so far; None if it has ended, or the system is not Linux."""
        try:
            stat = process_stat(self.process.pid)
            return (int(stat[_USER_TIME]) + int(stat[_SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            return None

    def ended_by_itself(self) -> bool:
        """Wait some seconds for the child to end, then kill it. Returns whether it ended by itself."""
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True

    def remove(self) -> str:
        """Kill the child if it runs, and remove its folder. Returns the end of its standard error."""
        self.process.kill()
        self.process.wait()
        message = self._end_of_messages()
        for stream in (self.output, self.messages):
            stream.close()
        with suppress(OSError):  # closing flushes a request that the child did not read
            self.input.close()
        self.folder.remove()
        return message

    def _end_of_messages(self) -> str:
        descriptor = self.messages.fileno()
        start = max(0, os.fstat(descriptor).st_size - _MESSAGE_BYTES)
        return os.pread(descriptor, _MESSAGE_BYTES, start).decode(errors="replace").strip()


def spawn(limits: Limits) -> Child:
    """Start a child, and do not wait until it is ready. Raises OSError."""
    command = [sys.executable, "-I", "-m", "imagejobs.conversion.sandbox.child", json.dumps(asdict(limits))]
    with ExitStack() as on_error:
        folder = Folder.make()
        on_error.callback(folder.remove)
        # A file without a name, which the child cannot replace by another one.
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
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # fewer page faults: saves a tenth of the time of large pictures
        "MALLOC_ARENA_MAX": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
