"""Write HEIC and AVIF files box by box, from pictures that libheif and libavif encoded."""

import io
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pillow_heif
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.file import find_meta
from imagejobs.conversion.formats.heif.items import read_items
from measures.decoded_pictures import Pixels, encode
from PIL import Image

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"


def box(kind: str, *parts: bytes) -> bytes:
    """A box with this content."""
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind.encode()) + b"".join(parts)


def full(kind: str, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box whose content begins with a version and flags (FullBox)."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


IROT = tuple(box("irot", bytes([quarters])) for quarters in range(4))
"""Rotation boxes, by the number of quarter turns anticlockwise."""
IMIR = tuple(box("imir", bytes([axis])) for axis in range(2))
"""Mirror boxes: [0] exchanges top and bottom, [1] left and right."""
AUXC = full("auxC", ALPHA)


def clap(width: int, height: int, x: int, y: int) -> bytes:
    """A crop box: keep this size, with the centre moved by x and y half pixels."""
    return box("clap", struct.pack(">8i", width, 1, height, 1, x, 2, y, 2))


@dataclass(frozen=True)
class Part:
    """An item of a file: its type, data, property boxes, and references to other items by index."""

    kind: str
    data: bytes
    properties: tuple[bytes, ...]
    references: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def with_properties(self, *further: bytes) -> "Part":
        """A copy with these property boxes added."""
        return replace(self, properties=(*self.properties, *further))

    def referring(self, **references: Sequence[int]) -> "Part":
        """A copy with these references in place of its own."""
        return replace(self, references=references)


def coded(image_format: str, pixels: Pixels, quality: int = 95) -> Part:
    """Encode a picture, and return it as an item. An alpha plane is encoded as grey."""
    if image_format == "AVIF":
        source = encode(pixels, "AVIF", quality=quality, subsampling="4:4:4")
    else:
        buffer = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(pixels)).save(buffer, quality=quality, chroma=444)
        source = buffer.getvalue()
    return part_of(source)


def part_of(source: bytes) -> Part:
    """Take the primary item out of a file."""
    items = read_items(find_meta(ByteReader(io.BytesIO(source), "HEIF")).data)
    item = items.find(items.primary)
    data = b"".join(source[extent.offset : extent.offset + extent.length] for extent in item.extents)
    return Part(item.kind.decode(), data, tuple(box(each.kind.decode(), each.data) for each in item.properties))


def grid(rows: int, columns: int, width: int, height: int, *parts: int) -> Part:
    """A grid item; `parts` are the indices of its tiles."""
    data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    return Part("grid", data, (full("ispe", struct.pack(">II", width, height)),), {"dimg": parts})


def heif(image_format: str, *parts: Part, hidden: Sequence[int] = (), opened: bool = False) -> bytes:
    """Write a file of these items, of which the first is the primary one and those at `hidden` indices are hidden.

    `opened`: the `meta` box has length 0, so it lasts until the end of the file.
    """
    brand = image_format.lower()
    head = box("ftyp", brand.encode(), bytes(4), b"mif1", brand.encode())
    boxes = list(dict.fromkeys(each for part in parts for each in part.properties))
    associations = b"".join(
        struct.pack(f">HB{len(part.properties)}B", number, len(part.properties), *map(_index(boxes), part.properties))
        for number, part in enumerate(parts, 1)
    )
    entries = [
        full(
            "infe", struct.pack(">HH", number, 0), part.kind.encode(), b"\0", version=2, flags=int(number - 1 in hidden)
        )
        for number, part in enumerate(parts, 1)
    ]
    references = [
        box(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *(each + 1 for each in targets)))
        for number, part in enumerate(parts, 1)
        for kind, targets in part.references.items()
    ]

    def meta(start: int) -> bytes:
        offsets = np.cumsum([start, *(len(part.data) for part in parts)])
        locations = [
            struct.pack(">HHHII", number, 0, 1, offset, len(part.data))
            for number, (part, offset) in enumerate(zip(parts, offsets, strict=False), 1)
        ]
        return full(
            "meta",
            full("hdlr", bytes(4), b"pict", bytes(13)),
            full("pitm", struct.pack(">H", 1)),
            full("iloc", b"\x44\0", struct.pack(">H", len(parts)), *locations),
            full("iinf", struct.pack(">H", len(parts)), *entries),
            box("iprp", box("ipco", *boxes), full("ipma", struct.pack(">I", len(parts)), associations)),
            full("iref", *references),
        )

    described = meta(len(head) + len(meta(0)) + 8)
    if opened:
        described = bytes(4) + described[4:]
    return head + described + box("mdat", *(part.data for part in parts))


def _index(boxes: Sequence[bytes]) -> Callable[[bytes], int]:
    essential = (b"irot", b"imir", b"clap", b"av1C", b"hvcC")
    return lambda each: boxes.index(each) + 1 | (0x80 if each[4:8] in essential else 0)
