"""Saves the results of jobs as files."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from imagejobs.cli.whole_files import write_whole
from imagejobs.client.download import DownloadFailed, download

MAX_BYTES = 256 * 1024 * 1024
"""The largest result to download if the job does not say its size."""


class NotSaved(Exception):
    """A result could not be saved; the message says why."""


def result_files(folder: Path, places: Iterable[PurePath]) -> Iterator[Path]:
    """A .webp file in the folder for each source, with the source's name, and a number if that name is taken."""
    taken: set[str] = set()
    for place in places:
        name = _free_name(place, taken)
        taken.add(_key(name))
        yield folder / name


def _free_name(place: PurePath, taken: set[str]) -> PurePath:
    name, number = place.with_suffix(".webp"), 1
    while _key(name) in taken:
        number += 1
        name = place.with_name(f"{place.stem}-{number}.webp")
    return name


def _key(name: PurePath) -> str:
    """The name in lower case for comparison, because some file systems do not distinguish case."""
    return str(name).casefold()


class Results:
    """Saves the results of one command. All names differ, and existing renditions stay unless `overwrite`."""

    def __init__(self, files: Iterable[Path], *, overwrite: bool, proxy: str) -> None:
        self._overwrite = overwrite
        self._proxy = proxy
        self._taken = {_key(file) for file in files}

    def save(self, job: Mapping[str, Any], file: Path) -> list[Path]:
        """Write the result to the file and the smaller renditions beside it: all or none. Raises NotSaved."""
        pictures = job.get("renditions") or [{"url": job.get("outputImageURL") or "", "bytes": _size(job)}]
        try:
            files = [file, *(self._rendition_file(file, each) for each in pictures[1:])]
            contents = [_fetch(each, self._proxy) for each in pictures]
            _check(contents[0], job)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(dict(zip(files, contents, strict=True)))
        except DownloadFailed as error:
            raise NotSaved(f"the result cannot be downloaded: {error}") from error
        except OSError as error:
            raise NotSaved(f"{error.filename} cannot be written: {error.strerror}") from error
        return files

    def _rendition_file(self, file: Path, picture: Mapping[str, Any]) -> Path:
        side = max(picture["width"], picture["height"])
        smaller = file.with_stem(f"{file.stem}-{side}")
        if _key(smaller) in self._taken or (smaller.exists() and not self._overwrite):
            raise NotSaved(f"{smaller} exists already: add --force to replace it, or choose another --output")
        self._taken.add(_key(smaller))
        return smaller


def existing(files: Iterable[Path]) -> Sequence[Path]:
    """The files that exist. A link counts even if its target does not exist."""
    return [file for file in files if file.exists() or file.is_symlink()]


def _size(job: Mapping[str, Any]) -> int | None:
    size = job.get("receipt", {}).get("output", {}).get("bytes")
    return size if isinstance(size, int) else None


def _fetch(picture: Mapping[str, Any], proxy: str) -> bytes:
    expected = picture["bytes"]
    data = download(picture["url"], expected or MAX_BYTES, proxy)
    if expected not in {None, len(data)}:
        raise NotSaved(f"{picture['url']} gave {len(data)} bytes instead of {expected}")
    return data


def _check(data: bytes, job: Mapping[str, Any]) -> None:
    expected = job.get("receipt", {}).get("output", {}).get("sha256")
    if expected not in {None, hashlib.sha256(data).hexdigest()}:
        raise NotSaved(f"{job['outputImageURL']} gave other bytes than the job's receipt says (sha256)")
