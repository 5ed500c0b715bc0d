"""One `imagejobs up` per data directory: an advisory lock on DATA_DIR/up.lock. The file has the holder's process id."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from imagejobs.embedded.supervision.liveness import is_alive
from imagejobs.errors import ConfigurationError

FILE_NAME = "up.lock"
WAIT_SECONDS = 5.0
"""How long to wait for the guardian of a killed `up`, which holds the lock until the databases have ended."""
POLL_SECONDS = 0.05


class DataDirLock:
    """Holds the lock during a `with` block. If the holder dies, the kernel releases the lock.

    Raises ConfigurationError on entry if another `up` holds the lock.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.descriptor = -1

    def __enter__(self) -> Self:
        self.descriptor = os.open(self._data_dir / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._acquire()
        except BaseException:
            os.close(self.descriptor)
            raise
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)

    def _acquire(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._try_lock():
            holder = self._holder()
            if is_alive(holder) or time.monotonic() > deadline:
                raise ConfigurationError(
                    f"another `imagejobs up` (process {holder}) runs on {self._data_dir}: "
                    "stop it, or use another --data-dir"
                )
            time.sleep(POLL_SECONDS)

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> int:
        written = os.pread(self.descriptor, 20, 0)
        return int(written) if written.isdigit() else 0
