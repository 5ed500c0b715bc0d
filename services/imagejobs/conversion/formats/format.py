"""What the service has to know about an image format."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.structure import Structure

Size = tuple[int, int]


def _unchanged(source: bytes) -> bytes:
    return source


def _no_options(size: Size, target: Size) -> Mapping[str, str]:  # noqa: ARG001 - the signature of `scale`
    return {}


@dataclass(frozen=True, slots=True)
class Format:
    """An accepted source format: one row of the registry.

    `name` is the name of ImageMagick's decoder. `signature` matches the first bytes of a file, at most 32.
    `content_types` has the content type of each file extension; the first entry is the usual one.
    `read` walks through a file and returns its structure, or raises ConversionError. `sample` is a picture of 8 x 8
    pixels, base64.

    `split` returns the frames of an animation. `prepare` rewrites a file of one picture so that ImageMagick decodes it
    as other decoders do. `scale` returns the options with which ImageMagick decodes a picture of the first size
    directly to a smaller size, not below the second; none to decode in full.

    `try_lossless` marks formats of drawings and screenshots. `many_pictures` marks formats whose decoder returns all
    pictures of a file; only the first is used.
    """

    name: str
    content_types: Mapping[str, str] = field(hash=False)
    signature: re.Pattern[bytes]
    read: Callable[[ByteReader], Structure]
    sample: str
    split: Callable[[bytes], Iterator[AnimationFrame]] | None = None
    prepare: Callable[[bytes], bytes] = _unchanged
    scale: Callable[[Size, Size], Mapping[str, str]] = _no_options
    try_lossless: bool = False
    many_pictures: bool = False

    @property
    def title(self) -> str:
        """The name as people write it."""
        return "WebP" if self.name == "webp" else self.name.upper()

    @property
    def extension(self) -> str:
        """The usual file extension, without the dot."""
        return next(iter(self.content_types))

    @property
    def mimetype(self) -> str:
        """The content type of the usual file extension."""
        return self.content_types[self.extension]

    @property
    def decoder(self) -> str:
        """The value of Wand's `format=` that selects this decoder alone, and only the first picture of a file."""
        return f"{self.name}[0]" if self.many_pictures else self.name
