"""The folders of child processes, and what becomes of those that nobody removed: parent and child died at once.

The process that made a folder holds a lock on it for as long as it lives. The kernel gives up the lock with the
process, and knows it across containers that share a volume, where process ids mean nothing.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PREFIX = "imagejobs-conversion.lock-"
"""Not the one of earlier versions, which may run beside this one on the same volume and lock nothing."""
_FULL_BYTES = 1 << 20
"""With fewer bytes than these a disk counts as full: a file system may keep its last blocks for itself."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder for one child; `lock` is the descriptor that says that it is in use."""

    path: Path
    lock: int

    @classmethod
    def make(cls) -> Self:
        """A new one. Raises OSError."""
        while True:
            path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            with suppress(FileNotFoundError):
                lock = _open(path)
                with suppress(OSError):  # a file system without locks, on which none is removed either
                    fcntl.flock(lock, fcntl.LOCK_SH)
                if path.exists():
                    return cls(path, lock)
                os.close(lock)  # it was taken for a forgotten one before it was locked

    @property
    def is_there(self) -> bool:
        """Whether nobody has removed it meanwhile, as programs do that tidy up temporary files."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self.lock))
        except OSError:
            return False

    @property
    def is_full(self) -> bool:
        """Whether its disk has no room left, or it is gone itself."""
        try:
            disk = os.statvfs(self.path)
        except OSError:
            return True
        return disk.f_bavail * disk.f_frsize < _FULL_BYTES

    def remove(self) -> None:
        """With all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def remove_forgotten() -> None:
    """Remove this user's folders whose processes are gone."""
    with suppress(OSError):
        for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with suppress(OSError):
                _remove_unless_locked(path)


def _remove_unless_locked(path: Path) -> None:
    lock = _open(path)
    try:
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
