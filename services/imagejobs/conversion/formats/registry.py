"""The accepted image formats, one row a format. Pure Python: the API loads it.

The few steps of a format that need Wand or numpy are in `decoding.decode`, in a table with the same names.
"""

import re
from typing import BinaryIO

from imagejobs.conversion.formats import samples
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.gif.animation import split_gif
from imagejobs.conversion.formats.gif.structure import read_gif
from imagejobs.conversion.formats.heif.structure import read_avif, read_heic
from imagejobs.conversion.formats.jpeg.completion import complete_jpeg
from imagejobs.conversion.formats.jpeg.scale import scale_options
from imagejobs.conversion.formats.jpeg.structure import read_jpeg
from imagejobs.conversion.formats.png.animation import split_png
from imagejobs.conversion.formats.png.standard_form import standard_form
from imagejobs.conversion.formats.png.structure import read_png
from imagejobs.conversion.formats.tiff.structure import read_tiff
from imagejobs.conversion.formats.webp.animation import split_webp
from imagejobs.conversion.formats.webp.structure import read_webp

JPEG = Format(
    "jpeg",
    {"jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg"},
    re.compile(rb"\xff\xd8\xff"),
    read_jpeg,
    samples.JPEG,
    prepare=complete_jpeg,
    scale=scale_options,
)
PNG = Format(
    "png",
    {"png": "image/png"},
    re.compile(rb"\x89PNG\r\n\x1a\n"),
    read_png,
    samples.PNG,
    split=split_png,
    prepare=standard_form,
    try_lossless=True,
)
GIF = Format(
    "gif",
    {"gif": "image/gif"},
    re.compile(rb"GIF8[79]a"),
    read_gif,
    samples.GIF,
    split=split_gif,
    try_lossless=True,
    many_pictures=True,
)
WEBP = Format(
    "webp",
    {"webp": "image/webp"},
    re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL),
    read_webp,
    samples.WEBP,
    split=split_webp,
)
HEIC = Format(
    "heic",
    {"heic": "image/heic", "heif": "image/heif"},
    # The major brand, or after a generic one the first compatible brand that names the codec (ISO/IEC 23008-12, 10).
    re.compile(rb".{4}ftyp(?:(?:mif1|msf1|miaf).{4}(?:(?!avi[fs]).{4})*?)?he[iv][cxms]", re.DOTALL),
    read_heic,
    samples.HEIC,
    many_pictures=True,
)
AVIF = Format(
    "avif",
    {"avif": "image/avif"},
    re.compile(rb".{4}ftyp(?:(?:mif1|msf1|miaf).{4}(?:(?!he[iv][cxms]).{4})*?)?avi[fs]", re.DOTALL),
    read_avif,
    samples.AVIF,
    many_pictures=True,
)
TIFF = Format(
    "tiff",
    {"tif": "image/tiff", "tiff": "image/tiff"},
    # 42 for TIFF, 43 for BigTIFF. Canon's raw files have the header of a TIFF and "CR" at byte 8.
    re.compile(rb"(?:II\*\0(?!.{4}CR)|MM\0\*|II\+\0\x08\0\0\0|MM\0\+\0\x08\0\0)", re.DOTALL),
    read_tiff,
    samples.TIFF,
    try_lossless=True,
    many_pictures=True,
)

BASIC: tuple[Format, ...] = (JPEG, PNG, GIF, WEBP)
"""The formats that every build of ImageMagick reads."""
FORMATS: tuple[Format, ...] = (*BASIC, HEIC, AVIF, TIFF)
SNIFFED_BYTES = 32
"""The number of first bytes that `sniff` needs."""


def recognise(source: BinaryIO) -> Format | None:
    """The format of a seekable file, by its first bytes; None if it is not an accepted image."""
    source.seek(0)
    return sniff(source.read(SNIFFED_BYTES))


def sniff(head: bytes) -> Format | None:
    """The format that the first bytes of a file announce; None for any other file."""
    return next((each for each in FORMATS if each.signature.match(head)), None)
