"""Writes files completely or not at all."""

import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def is_same_file(one: Path, other: Path) -> bool:
    """Whether both paths lead to one file: by another spelling, a symbolic link or a hard link."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def require_replaceable(target: Path) -> None:
    """Raise OSError for a target that cannot be replaced by a file: a folder, a device, a pipe."""
    with suppress(FileNotFoundError):
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(0, "it is a folder", str(target))
        if not stat.S_ISREG(mode):
            raise OSError(0, "it is not a regular file", str(target))


def write_whole(contents: Mapping[Path, bytes]) -> None:
    """Write all of these files or none. Each is written beside its place; when all are complete, they are moved there.

    A symbolic link stays a link, and a replaced file keeps its mode. Raises OSError with the file's name.
    """
    moves: list[tuple[Path, Path]] = []
    try:
        for target, data in contents.items():
            place = Path(os.path.realpath(target))
            new = place.with_name(f".imagejobs-{secrets.token_hex(8)}.new")  # short, as the target's name may be long
            moves.append((new, place))
            _write(new, data, like=place, named=target)
        for new, place in moves:
            new.replace(place)
    finally:
        _remove([new for new, _ in moves])


def _write(new: Path, data: bytes, *, like: Path, named: Path) -> None:
    try:
        require_replaceable(like)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            with suppress(OSError):
                os.fchmod(file.fileno(), stat.S_IMODE(like.stat().st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(named)) from error


def _remove(files: Sequence[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()
