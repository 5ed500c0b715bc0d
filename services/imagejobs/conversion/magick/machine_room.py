"""What the machine can still give this process: disk, memory and open files."""

import mmap
import os
import resource
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

_OWN_FOLDER = "MAGICK_TEMPORARY_PATH"
"""The variable that names the folder for pixels that do not fit into memory."""
_FILES = 16
"""The files that a conversion may have open at once, for pixels that do not fit into memory."""
LOADING_BYTES = 50_000_000
"""Address space that the library, or the codec of any one format, takes when it is loaded."""
_NO_ACCESS = 0
_READ_AND_WRITE = mmap.PROT_READ | mmap.PROT_WRITE


def temporary_folder() -> Path:
    """The folder of all temporary files; a child process has its own in it."""
    own = os.environ.get(_OWN_FOLDER)
    return Path(own).parent if own else Path(tempfile.gettempdir())


def has_disk_room(count: int) -> bool:
    """Whether ImageMagick may write a file of this many bytes, and the disk has room for it."""
    try:
        disk = os.statvfs(os.environ.get(_OWN_FOLDER) or tempfile.gettempdir())
    except OSError:
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return count <= disk.f_bavail * disk.f_frsize and (limit == resource.RLIM_INFINITY or count <= limit)


def has_memory(count: int) -> bool:
    """Whether this many bytes could be allocated now, in one piece."""
    return _may_map(count, _READ_AND_WRITE)


def has_all_its_memory() -> bool:
    """Whether the machine gives this process as much as its own limit allows; False where it has no limit.

    Inaccessible address space counts towards the limit, but takes no memory of the machine.
    """
    count, _ = resource.getrlimit(resource.RLIMIT_AS)
    if count == resource.RLIM_INFINITY:
        return False
    while count and not _may_map(count, _NO_ACCESS):
        count = count * 7 // 8
    return has_memory(count)


def has_files() -> bool:
    """Whether the files of a conversion could be opened now."""
    with ExitStack() as opened, suppress(OSError):
        for _ in range(_FILES):
            opened.callback(os.close, os.dup(0))
        return True
    return False


def _may_map(count: int, access: int) -> bool:
    with suppress(OSError, OverflowError):
        mmap.mmap(-1, max(count, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=access).close()
        return True
    return False
