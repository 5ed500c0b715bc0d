"""The colours and the alpha of a HEIC or AVIF file, each as a file of its own that any decoder shows.

Decoders differ in what they make of alpha: ImageMagick 6 leaves it out, libheif turns it by its own boxes, and does not
look for it on the tiles of a grid. Taken apart and put together here, it is the same everywhere, as libavif has it.
"""

import io
from dataclasses import dataclass

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.alpha import find_alpha, is_on_some_tiles_only
from imagejobs.conversion.formats.heif.boxes import Box
from imagejobs.conversion.formats.heif.items import read_items
from imagejobs.conversion.formats.heif.picture_file import COLOURS, TRANSFORMS, write_picture
from imagejobs.conversion.formats.heif.structure import find_meta, parts_of
from imagejobs.conversion.formats.heif.transforms import Size, Transform, coded_size, transforms_of


@dataclass(frozen=True, slots=True)
class AlphaLayer:
    """A file whose picture, of `size`, is the alpha as coded, white being opaque.

    It has still to be scaled to `coded_size`, the size that the colours have as coded, and to go through `transforms`.
    """

    data: bytes
    size: Size
    coded_size: Size
    transforms: tuple[Transform, ...]
    is_premultiplied: bool


def split_layers(source: bytes) -> tuple[bytes, AlphaLayer | None]:
    """Of a file that was probed: the file of its colours, to be shown as it is, and its alpha, if it has one.

    Two kinds of file without alpha are written anew, too: libheif 1.15 does not read a `meta` box that lasts until the
    end of the file, and libheif 1.19 refuses a grid of which some tiles have an alpha and others have none.
    """
    meta = find_meta(ByteReader(io.BytesIO(source), "HEIF"), "HEIF")
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
    """Whether its size, which is before its type, is 0."""
    return source[meta.at - 8 : meta.at - 4] == bytes(4)
