"""The parent's side of one child process: started, asked, killed when it takes too long, and started anew."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, Self, cast

from imagejobs.conversion.isolated.confinement import Limits
from imagejobs.conversion.isolated.deaths import death_of, not_started
from imagejobs.conversion.isolated.frames import read_frame, write_frame
from imagejobs.conversion.isolated.result import Abilities, Result, read_result
from imagejobs.conversion.options import Options

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "MAGICK_HOME", "WAND_MAGICK_LIBRARY_SUFFIX")
"""Of the environment: where the libraries are. No settings, and with them no secrets."""
_START_SECONDS = 60.0
_END_SECONDS = 5.0
_MAX_ABILITIES_BYTES = 0
_MAX_RESULT_BYTES = 1 << 29
_MESSAGE_BYTES = 2_000
_BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError)
"""What a child that died, or lost its mind, makes of a conversation."""


class ConversionProcess:
    """A warm child process. One conversion at a time; not for several threads at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self._messages: BinaryIO | None = None
        self._abilities: Abilities | None = None
        self._is_late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the child if there is none, without waiting until it is ready. Raises OSError."""
        if self._process is not None:
            return
        command = [sys.executable, "-I", "-m", "imagejobs.conversion.isolated.child", json.dumps(asdict(self._limits))]
        with ExitStack() as on_error:
            folder = Path(tempfile.mkdtemp(prefix="imagejobs-conversion-"))
            on_error.callback(shutil.rmtree, folder, ignore_errors=True)
            # A file without a name: the child cannot put another one in its place for the parent to read.
            messages = on_error.enter_context(tempfile.TemporaryFile())
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,
            )
            on_error.pop_all()
        self._folder, self._messages, self._abilities, self._is_late = folder, messages, None, False

    def abilities(self) -> Abilities:
        """What the child can do; waits until it is ready. Raises ConversionError, retryable, if it cannot start."""
        if self._abilities is not None and self._running.poll() is not None:
            self._bury()  # it died between two jobs, of neither
        if self._abilities is None:
            try:
                self.start()
                with self._deadline(_START_SECONDS):
                    header, _ = read_frame(self._output, _MAX_ABILITIES_BYTES)
                self._abilities = Abilities(str(header["encoder"]), tuple(header["reads"]), tuple(header["without"]))
            except _BROKEN as error:
                reason = f"not ready after {_START_SECONDS:g} s" if self._is_late else str(error) or "it ended"
                raise not_started(". ".join(filter(None, (reason, self._bury())))) from error
        return self._abilities

    def convert(self, source: bytes, options: Options) -> Result:
        """Convert in the child. Raises ConversionError, also when the child did not survive the file."""
        self.abilities()
        try:
            with self._deadline(self._limits.seconds):
                write_frame(self._input, asdict(options), source)
                return read_result(*read_frame(self._output, _MAX_RESULT_BYTES))
        except _BROKEN as error:
            raise self._death() from error

    def close(self) -> None:
        """End the child, kill it if it does not end, and remove what it left."""
        process, self._process, self._abilities = self._process, None, None
        if process is None:
            return
        with suppress(OSError):  # what was not sent any more
            cast("BinaryIO", process.stdin).close()
        _wait_or_kill(process)
        for stream in (process.stdout, self._messages):
            cast("BinaryIO", stream).close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        """The child. Raises EOFError when another thread has closed it."""
        if self._process is None:
            raise EOFError
        return self._process

    @property
    def _input(self) -> BinaryIO:
        return cast("BinaryIO", self._running.stdin)

    @property
    def _output(self) -> BinaryIO:
        return cast("BinaryIO", self._running.stdout)

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Kill the child when the block takes longer: then its pipes end, and with them the block."""
        timer = threading.Timer(seconds, self._expire, [self._running])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _expire(self, process: "subprocess.Popen[bytes]") -> None:
        self._is_late = True
        process.kill()

    def _death(self) -> Exception:
        """What became of the child; the next one is started meanwhile."""
        process, is_late = self._process, self._is_late
        if process is None:
            return not_started("conversions are being ended")
        # One that has to be killed lives, and talks nonsense.
        status = process.returncode if _wait_or_kill(process) else 0
        message = self._bury()
        with suppress(OSError):
            self.start()
        return death_of(status, message, is_late=is_late, limits=self._limits)

    def _bury(self) -> str:
        """Remove a child, dead or alive, and hand on its last words."""
        if self._process is None:
            return ""
        self._process.kill()
        self._process.wait()
        descriptor = cast("BinaryIO", self._messages).fileno()
        start = max(0, os.fstat(descriptor).st_size - _MESSAGE_BYTES)
        message = os.pread(descriptor, _MESSAGE_BYTES, start)
        self.close()
        return message.decode(errors="replace").strip()


def _wait_or_kill(process: "subprocess.Popen[bytes]") -> bool:
    """Whether the process ended by itself in a few seconds; otherwise it was killed."""
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


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
