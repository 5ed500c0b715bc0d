"""The further directories of a TIFF: pages, smaller versions of pages, and the sensor data of cameras."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.directory import Directory, read_directory

_SENSOR_DATA = frozenset({tags.SENSOR, tags.LINEAR_SENSOR})
_MAX_SUBDIRECTORIES = 16
MAX_PAGES = 100
"""Further pages are not counted."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The number of pages, without smaller versions, and whether the file is a camera's raw file."""

    count: int
    is_camera_raw: bool


def read_pages(first: Directory) -> Pages:
    """Read the directories after and below the first page, which always counts.

    Raw files are TIFF, too, and may begin with a thumbnail (NEF, ARW). So the mark of a reduced version on the first
    page means nothing.
    """
    count = 1
    is_raw = tags.DNG_VERSION in first.entries or _is_sensor_data(first) or _has_sensor_data_below(first)
    for page in _following(first):
        count += not _is_reduced(page)
        is_raw = is_raw or _is_sensor_data(page)
    return Pages(count, is_raw)


def _following(page: Directory) -> Iterator[Directory]:
    """The directories after this one, each once: at most MAX_PAGES together with this one."""
    seen = {page.layout.first}
    while page.following and page.following not in seen and len(seen) < MAX_PAGES:
        seen.add(page.following)
        page = read_directory(page.reader, page.layout, page.following)
        yield page


def _is_reduced(page: Directory) -> bool:
    """Whether the page is a smaller version of another page, as in a pyramid."""
    return bool(page.first(tags.SUBFILE_TYPE) & tags.REDUCED) or page.first(tags.OLD_SUBFILE_TYPE) == tags.OLD_REDUCED


def _is_sensor_data(page: Directory) -> bool:
    return page.first(tags.PHOTOMETRIC) in _SENSOR_DATA


def _has_sensor_data_below(page: Directory) -> bool:
    for place in islice(page.numbers(tags.SUBDIRECTORIES), _MAX_SUBDIRECTORIES):
        try:
            if _is_sensor_data(read_directory(page.reader, page.layout, place)):
                return True
        except ConversionError:  # A directory that is not shown may be damaged.
            continue
    return False
