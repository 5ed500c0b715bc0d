"""The image formats that are accepted, as data. A further one is one entry here and one reader in `probe`."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """An accepted source format.

    `name` is ImageMagick's decoder; `signature` matches the first bytes; `try_lossless` marks formats of drawings and
    screenshots; `many_pictures` marks formats whose decoder gives all pictures of a file, of which one is wanted.
    """

    name: str
    mimetype: str
    extension: str
    signature: re.Pattern[bytes]
    try_lossless: bool = False
    many_pictures: bool = False

    @property
    def title(self) -> str:
        """The name as people write it."""
        return "WebP" if self.name == "webp" else self.name.upper()

    @property
    def decoder(self) -> str:
        """What Wand takes as `format=` to decode with this decoder and no other, and no more than is wanted."""
        return f"{self.name}[0]" if self.many_pictures else self.name


JPEG = Format("jpeg", "image/jpeg", "jpg", re.compile(rb"\xff\xd8\xff"))
PNG = Format("png", "image/png", "png", re.compile(rb"\x89PNG\r\n\x1a\n"), try_lossless=True)
GIF = Format("gif", "image/gif", "gif", re.compile(rb"GIF8[79]a"), try_lossless=True, many_pictures=True)
WEBP = Format("webp", "image/webp", "webp", re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL))
HEIC = Format(
    "heic",
    "image/heic",
    "heic",
    # The major brand, or behind a generic one the first compatible brand that names the codec (ISO/IEC 23008-12, 10).
    re.compile(rb".{4}ftyp(?:(?:mif1|msf1|miaf).{4}(?:(?!avi[fs]).{4})*?)?he[iv][cxms]", re.DOTALL),
    many_pictures=True,
)
AVIF = Format(
    "avif",
    "image/avif",
    "avif",
    re.compile(rb".{4}ftyp(?:(?:mif1|msf1|miaf).{4}(?:(?!he[iv][cxms]).{4})*?)?avi[fs]", re.DOTALL),
    many_pictures=True,
)
TIFF = Format(
    "tiff",
    "image/tiff",
    "tif",
    # 42 for TIFF, 43 for BigTIFF; Canon's raw pictures call themselves TIFF and say CR at byte 8.
    re.compile(rb"(?:II\*\0(?!.{4}CR)|MM\0\*|II\+\0\x08\0\0\0|MM\0\+\0\x08\0\0)", re.DOTALL),
    many_pictures=True,
    try_lossless=True,
)

BASIC: tuple[Format, ...] = (JPEG, PNG, GIF, WEBP)
"""What every build of ImageMagick reads."""
FORMATS: tuple[Format, ...] = (*BASIC, HEIC, AVIF, TIFF)


def sniff(head: bytes) -> Format | None:
    """The format that a file's first bytes (32 are enough) announce, None for any other file."""
    return next((each for each in FORMATS if each.signature.match(head)), None)
