"""Whether the disk could have held what the memory of a conversion did not."""

import os
import resource
import tempfile


def has_disk_room(count: int) -> bool:
    """Whether ImageMagick may make a file of this many bytes, and the disk has them free."""
    folder = os.environ.get("MAGICK_TEMPORARY_PATH") or tempfile.gettempdir()
    disk = os.statvfs(folder)
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return count <= disk.f_bavail * disk.f_frsize and (limit == resource.RLIM_INFINITY or count <= limit)
