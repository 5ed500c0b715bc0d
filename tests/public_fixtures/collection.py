"""The images in source archives, in an order in which the first files are a balanced sample."""

import hashlib
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, cast

from imagejobs.conversion.formats.registry import sniff
from imagejobs.conversion.options import Options

_SUFFIXES: dict[str, str] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), "jpeg"),
    **dict.fromkeys((".png", ".apng"), "png"),
    **dict.fromkeys((".tif", ".tiff", ".btf"), "tiff"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "heic"),
    ".gif": "gif",
    ".webp": "webp",
    ".avif": "avif",
}


@dataclass(frozen=True, slots=True)
class Fixture:
    """A file of a project. `path` is the path in the archive without its top folder.

    `format` is the one that the first bytes announce, or that of the suffix if they announce none.
    """

    project: str
    path: str
    format: str
    data: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the data, which identifies copies and orders the sample."""
        return hashlib.sha256(self.data).hexdigest()


def collect(project: str, archive: Path) -> Iterator[Fixture]:
    """Every file whose suffix or first bytes are those of an image, unless it is too large for an upload."""
    with tarfile.open(archive) as opened:
        for member in opened:
            suffix = PurePosixPath(member.name).suffix.lower()
            if not member.isfile() or not 0 < member.size <= Options().max_bytes:
                continue
            file = opened.extractfile(member)
            data = file.read() if file and (suffix in _SUFFIXES or sniff(cast("Any", file).peek(32)[:32])) else b""
            if announced := (sniff(data[:32]) if data else None):
                yield Fixture(project, _inner(member.name), announced.name, data)
            elif data:
                yield Fixture(project, _inner(member.name), _SUFFIXES[suffix], data)


def _inner(name: str) -> str:
    return name.removeprefix("./").partition("/")[2]


def in_sample_order(fixtures: Iterable[Fixture]) -> list[Fixture]:
    """The fixtures without copies, alternating between formats and, within a format, between projects.

    So the first N files are a sample of all formats and projects. The order depends on the files' content alone.
    """
    by_name = sorted(fixtures, key=lambda each: (each.project, each.path), reverse=True)
    different = {each.digest: each for each in by_name}
    rooms: dict[str, dict[str, list[Fixture]]] = defaultdict(lambda: defaultdict(list))
    for _, each in sorted(different.items()):
        rooms[each.format][each.project].append(each)
    return _in_turn(_in_turn(rooms[name][project] for project in sorted(rooms[name])) for name in sorted(rooms))


def _in_turn(rows: Iterable[Iterable[Fixture]]) -> list[Fixture]:
    """The first item of each row, then the second of each, and so on."""
    return [each for each in chain.from_iterable(zip_longest(*rows)) if each is not None]
