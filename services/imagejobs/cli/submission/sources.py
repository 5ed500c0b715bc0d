"""The image files that a command line names, directly or through their folders."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from imagejobs.conversion.formats.registry import FORMATS, SNIFFED_BYTES, sniff

EXTENSIONS = frozenset(f".{extension}" for each in FORMATS for extension in each.content_types)


@dataclass(frozen=True, slots=True)
class Source:
    """An image file, and its path relative to the folder that was named."""

    file: Path
    place: PurePath


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is left out, and why."""

    file: Path
    reason: str


def find_sources(paths: Sequence[Path]) -> Iterator[Source | Skipped]:
    """Every file that is named, whatever it is, and the images in every folder that is named, ordered by name.

    A file in a folder is an image by its first bytes or by its extension. If only the extension says so, the API
    refuses the file with a reason. Hidden files and folders are left out, and links to folders already visited.
    """
    for path in paths:
        if _is_folder(path):
            yield from _walk(path)
        else:
            yield Source(path, PurePath(path.name))


def _walk(top: Path) -> Iterator[Source | Skipped]:
    """The files of a folder come before those of its subfolders."""
    seen: set[tuple[int, int]] = set()
    pending = [(top, PurePath())]
    while pending:
        folder, place = pending.pop()
        try:
            status = folder.stat()
            entries = sorted(folder.iterdir())
        except OSError as error:
            yield Skipped(folder, f"cannot be read: {error.strerror}")
            continue
        if (identity := (status.st_dev, status.st_ino)) in seen:
            yield Skipped(folder, "a link to a folder that is included already")
            continue
        seen.add(identity)
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        folders = [entry for entry in shown if _is_folder(entry)]
        yield from (Skipped(entry, "hidden") for entry in entries if entry not in shown)
        yield from (_file(entry, place) for entry in shown if entry not in folders)
        pending += [(entry, place / entry.name) for entry in reversed(folders)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _file(path: Path, place: PurePath) -> Source | Skipped:
    reason = _why_not(path)
    return Skipped(path, reason) if reason else Source(path, place / path.name)


def _why_not(path: Path) -> str:
    """Why the file is left out; empty for an image. Only regular files are opened: a pipe would block."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "not a regular file"
        if path.suffix.lower() in EXTENSIONS:
            return ""
        with path.open("rb") as file:
            return "" if sniff(file.read(SNIFFED_BYTES)) else "not an image of a known format"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
