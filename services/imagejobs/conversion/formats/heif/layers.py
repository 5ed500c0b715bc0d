"""Splits a HEIC or AVIF file into a file of its colours and a file of its alpha, which any decoder shows.

Decoders treat alpha differently: ImageMagick 6 drops it; libheif rotates it by its own boxes, and ignores it on the
tiles of a grid. Decoded separately and joined afterwards, alpha is the same everywhere, and as in libavif.
"""

import io
from dataclasses import dataclass

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.alpha import find_alpha, is_on_some_tiles_only
from imagejobs.conversion.formats.heif.boxes import Box
from imagejobs.conversion.formats.heif.file import find_meta
from imagejobs.conversion.formats.heif.items import read_items
from imagejobs.conversion.formats.heif.picture_file import COLOURS, TRANSFORMS, write_picture
from imagejobs.conversion.formats.heif.structure import parts_of
from imagejobs.conversion.formats.heif.transforms import Size, Transform, coded_size, transforms_of


@dataclass(frozen=True, slots=True)
class AlphaLayer:
    """`data` is a file whose picture, of `size`, is the coded alpha; white is opaque.

    The alpha must be scaled to `coded_size`, the coded size of the colours, and then transformed by `transforms`.
    """

    data: bytes
    size: Size
    coded_size: Size
    transforms: tuple[Transform, ...]
    is_premultiplied: bool


def split_layers(source: bytes) -> tuple[bytes, AlphaLayer | None]:
    """The file of the colours of a file that was probed, and its alpha, if it has one.

    Two kinds of files without alpha are rewritten, too: libheif 1.15 does not read a `meta` box that extends to the end
    of the file, and libheif 1.19 refuses a grid in which some tiles have an alpha and others have none.
    """
    meta = find_meta(ByteReader(io.BytesIO(source), "HEIF"))
    items = read_items(meta.data)
    primary, alpha = items.find(items.primary), find_alpha(items)
    if alpha is None and not (_is_open_ended(source, meta) or is_on_some_tiles_only(items)):
        return source, None
    colour = write_picture(source, items, primary, tuple(parts_of(primary).elements()))
    if alpha is None:
        return colour, None
    layer = AlphaLayer(
        data=write_picture(source, items, alpha.item, alpha.parts, TRANSFORMS | COLOURS),
        size=coded_size(alpha.item),
        coded_size=coded_size(primary),
        transforms=tuple(transforms_of(primary)),
        is_premultiplied=alpha.is_premultiplied,
    )
    return colour, layer


def _is_open_ended(source: bytes, meta: Box) -> bool:
    """Whether the size of the `meta` box, which is before its type, is 0."""
    return source[meta.at - 8 : meta.at - 4] == bytes(4)
