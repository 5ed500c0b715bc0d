"""The messages with which image libraries report that memory, disk or a limit is exhausted, by the kind of shortage."""

import re
from collections.abc import Mapping
from enum import StrEnum


class Shortage(StrEnum):
    """A resource that was short. The last two are limits of one picture; the others belong to the machine."""

    DISK = "room for temporary files"
    HANDLES = "open files or processes"
    MEMORY = "memory"
    ALLOWANCE = "memory for one conversion"
    SIZE = "pixels a side"


REMEDIES: Mapping[Shortage, str] = {
    Shortage.DISK: "Free some, or set TMPDIR to a folder on a larger disk.",
    Shortage.HANDLES: "Raise its limits (ulimit -n, ulimit -u).",
    Shortage.MEMORY: "Run fewer workers on it, or give it more.",
}
"""What to do if the machine is short of a resource."""


MESSAGES: tuple[tuple[str, Shortage], ...] = (
    # The system's own texts: of glibc, macOS and musl. ImageMagick and Python quote them.
    ("Too many open files", Shortage.HANDLES),
    ("No file descriptors available", Shortage.HANDLES),
    ("Resource temporarily unavailable", Shortage.HANDLES),
    ("can't start new thread", Shortage.HANDLES),
    ("No space left on device", Shortage.DISK),
    ("quota exceeded", Shortage.DISK),
    ("File too large", Shortage.DISK),
    ("Read-only file system", Shortage.DISK),
    ("No usable temporary directory", Shortage.DISK),
    # ImageMagick's pixel cache and temporary files.
    ("unable to extend cache", Shortage.DISK),
    ("unable to extend pixel cache", Shortage.DISK),
    ("unable to extent pixel cache", Shortage.DISK),
    ("unable to open pixel cache", Shortage.DISK),
    ("unable to read pixel cache", Shortage.DISK),
    ("unable to write pixel cache", Shortage.DISK),
    ("unable to clone cache", Shortage.DISK),
    ("unable to persist pixel cache", Shortage.DISK),
    ("unable to create temporary file", Shortage.DISK),
    ("unable to open file", Shortage.DISK),
    ("unable to write file", Shortage.DISK),
    ("unable to write blob", Shortage.DISK),
    ("an error has occurred writing to file", Shortage.DISK),
    # Messages of libjpeg.
    ("Failed to create temporary file", Shortage.DISK),
    ("failed on temporary file", Shortage.DISK),
    ("out of disk space", Shortage.DISK),
    # What ImageMagick's own budget or a library's limit refuses, whatever the machine has.
    ("cache resources exhausted", Shortage.ALLOWANCE),
    ("pixel cache allocation failed", Shortage.ALLOWANCE),
    ("memory allocation of", Shortage.ALLOWANCE),
    ("exceeding the security limit", Shortage.ALLOWANCE),
    ("profile size exceeds limit", Shortage.ALLOWANCE),
    ("Backing store not supported", Shortage.ALLOWANCE),
    ("width or height exceeds limit", Shortage.SIZE),
    ("list length exceeds limit", Shortage.SIZE),
    # An allocation that failed: ImageMagick's; libpng's and zlib's; libtiff's; libheif's, libde265's and libaom's;
    # libwebp's; lcms's; C++'s and the dynamic linker's.
    ("memory allocation failed", Shortage.MEMORY),
    ("memory allocation error", Shortage.MEMORY),
    ("memory allocation for", Shortage.MEMORY),
    ("unable to allocate", Shortage.MEMORY),
    ("unable to acquire string", Shortage.MEMORY),
    ("unable to acquire cache view", Shortage.MEMORY),
    ("unable to clone image", Shortage.MEMORY),
    ("unable to create colormap", Shortage.MEMORY),
    ("insufficient memory", Shortage.MEMORY),
    ("out of memory", Shortage.MEMORY),
    ("not enough memory", Shortage.MEMORY),
    ("no memory", Shortage.MEMORY),
    ("no space for", Shortage.MEMORY),
    ("no space to", Shortage.MEMORY),
    ("failed to allocate", Shortage.MEMORY),
    ("cannot allocate", Shortage.MEMORY),
    ("couldn't allocate", Shortage.MEMORY),
    ("could not allocate", Shortage.MEMORY),
    ("error allocating", Shortage.MEMORY),
    ("bad_alloc", Shortage.MEMORY),
    ("MemoryError", Shortage.MEMORY),
    ("failed to map segment", Shortage.MEMORY),
)
"""The first match decides. Only letters are compared: some builds of ImageMagick report `UnableToExtendCache`."""


def shortage_in(message: str) -> Shortage | None:
    """The kind of shortage that a library reports with this message; None for any other message."""
    said = _letters(re.split(r"' @ ", message)[0])  # what follows is ImageMagick's own line of source
    return next((shortage for words, shortage in _BY_LETTERS if words in said), None)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


_BY_LETTERS = tuple((_letters(words), shortage) for words, shortage in MESSAGES)
