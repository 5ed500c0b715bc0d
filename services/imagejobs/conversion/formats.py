"""The image formats that are accepted, as data. A further one is one entry here and one reader in `probe`."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """An accepted source format.

    `name` is ImageMagick's decoder; `signature` matches the first bytes; `size_hint` is the decoder's option that takes
    the wanted size, so that it decodes no more than needed; `try_lossless` marks formats of drawings and screenshots.
    """

    name: str
    mimetype: str
    extension: str
    signature: re.Pattern[bytes]
    size_hint: str = ""
    try_lossless: bool = False

    @property
    def title(self) -> str:
        """The name as people write it."""
        return "WebP" if self.name == "webp" else self.name.upper()


JPEG = Format("jpeg", "image/jpeg", "jpg", re.compile(rb"\xff\xd8\xff"), size_hint="jpeg:size")
PNG = Format("png", "image/png", "png", re.compile(rb"\x89PNG\r\n\x1a\n"), try_lossless=True)
GIF = Format("gif", "image/gif", "gif", re.compile(rb"GIF8[79]a"), try_lossless=True)
WEBP = Format("webp", "image/webp", "webp", re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL))

FORMATS: tuple[Format, ...] = (JPEG, PNG, GIF, WEBP)


def sniff(head: bytes) -> Format | None:
    """The format that a file's first bytes (32 are enough) announce, None for any other file."""
    return next((each for each in FORMATS if each.signature.match(head)), None)
