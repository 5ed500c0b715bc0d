"""The folders of child processes, and the removal of those that were left behind when parent and child died at once.

The process that made a folder keeps a lock on it, and the kernel releases the lock when the process ends. The lock also
works between containers that share a volume, where process ids do not.
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
"""It differs from the prefix of earlier versions, which lock nothing and may use the same volume at the same time."""
_FULL_BYTES = 1 << 20
"""A disk with fewer free bytes counts as full, because a file system may reserve its last blocks."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder for one child. `lock` is the descriptor that holds the lock."""

    path: Path
    lock: int

    @classmethod
    def make(cls) -> Self:
        """Make and lock a new folder. Raises OSError."""
        while True:
            path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            with suppress(FileNotFoundError):
                lock = _open(path)
                with suppress(OSError):  # on a file system without locks remove_forgotten removes nothing
                    fcntl.flock(lock, fcntl.LOCK_SH)
                if path.exists():
                    return cls(path, lock)
                os.close(lock)  # remove_forgotten of another process removed it before it was locked

    @property
    def is_there(self) -> bool:
        """Whether the folder still exists: programs that clean up temporary files may have removed it."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self.lock))
        except OSError:
            return False

    @property
    def is_full(self) -> bool:
        """Whether the folder's disk is full, or the folder does not exist any more."""
        try:
            disk = os.statvfs(self.path)
        except OSError:
            return True
        return disk.f_bavail * disk.f_frsize < _FULL_BYTES

    def remove(self) -> None:
        """Remove the folder and its contents, and release the lock."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def remove_forgotten() -> None:
    """Remove this user's folders whose processes have ended."""
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
