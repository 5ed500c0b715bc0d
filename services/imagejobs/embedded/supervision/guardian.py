"""The guardian: a small process beside `imagejobs up`, which ends all children if `up` is killed with `kill -9`.

The death signal alone is not enough: it does not reach grandchildren (Dramatiq's worker processes, the conversion's
children), a child may ignore SIGTERM, and macOS does not have it.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path(__file__).with_name("guardian_process.py")


class Guardian:
    """A handle on the guardian process, which is started again if it dies.

    `inherit` is a file descriptor that the guardian holds open until every child has ended. It is the lock of the data
    directory, so that a second `up` waits until the databases of a killed one have ended.
    """

    def __init__(self, inherit: int | None = None) -> None:
        self._inherit = () if inherit is None else (inherit,)
        self._groups: set[int] = set()
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self._process.pid

    def watch(self, group: int) -> None:
        """End this process group if `up` dies."""
        self._groups.add(group)
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """Stop watching this process group, because it has ended."""
        self._groups.discard(group)
        self._tell(f"-{group}")

    def keep_alive(self) -> None:
        """Start the guardian again if it has died."""
        if self._process.poll() is not None:
            os.close(self._pipe)
            self._start()

    def close(self) -> None:
        """End the guardian. It first ends the groups that are still watched."""
        os.close(self._pipe)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        read_end, self._pipe = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(PROGRAM)],
                stdin=read_end,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=self._inherit,
            )
        finally:
            os.close(read_end)
        for group in self._groups:
            self._write(f"+{group}")

    def _tell(self, line: str) -> None:
        try:
            self._write(line)
        except BrokenPipeError:
            self._process.wait(timeout=5)
            self.keep_alive()

    def _write(self, line: str) -> None:
        os.write(self._pipe, f"{line}\n".encode())
