"""Files in a directory: written whole, and walked through in order."""

import heapq
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

WALK_PAGE = 10_000
"""Names that a walk keeps in memory. It reads a whole directory for each page, so small pages would be slow."""
_DRAFT = ".put-"
_DRAFT_SECONDS = 24 * 3600.0
"""No upload takes longer, so the process that wrote an older draft has died."""


def write_whole(path: Path, body: bytes) -> None:
    """Write a file that is whole or absent, also after a power cut. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=_DRAFT, delete=False) as draft:
        try:
            draft.write(body)
            draft.flush()
            os.fchmod(draft.fileno(), 0o644)
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    _sync_directory(path.parent)


def walk(root: Path, below: str) -> Iterator[str]:
    """The paths, relative to `root`, of the files below its subdirectory `below` (`""`, or with a slash at the end).

    They come in the order of the paths: a directory is sorted by its name with the slash. Drafts are left out, and old
    drafts are removed.
    """
    last = ""
    while page := heapq.nsmallest(WALK_PAGE, (name for name in _names(root / below) if name > last)):
        for name in page:
            if name.endswith("/"):
                yield from walk(root, below + name)
            elif name.startswith(_DRAFT):
                _remove_if_old(root / below / name)
            else:
                yield below + name
        last = page[-1]


def _names(directory: Path) -> Iterator[str]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                yield f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
    except (FileNotFoundError, NotADirectoryError):
        return


def _remove_if_old(draft: Path) -> None:
    with suppress(OSError):
        if time.time() - draft.stat().st_mtime > _DRAFT_SECONDS:
            draft.unlink()


def _sync_directory(directory: Path) -> None:
    """Make the name of a renamed file survive a power cut, as its bytes do."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
