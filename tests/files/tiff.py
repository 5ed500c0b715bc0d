"""Write TIFFs in every layout of samples (TIFF 6.0). LZW and PackBits store the data without compressing it."""

import io
import lzma
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NONE, LZW, JPEG, ZIP, PACKBITS, OLD_ZIP, LZMA = 1, 5, 7, 8, 32773, 32946, 34925
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, INKS, YCBCR, LAB, ICC_LAB = 0, 1, 2, 3, 5, 6, 8, 9
CONTIGUOUS, SEPARATE = 1, 2
_SHORT, _LONG, _RATIONAL, _UNDEFINED = 3, 4, 5, 7
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

Samples = NDArray[np.integer]
Fields = Mapping[int, tuple[int, ...] | tuple[tuple[int, int], ...] | bytes]
"""Values by tag: integers, fractions, or bytes."""


@dataclass(frozen=True)
class Layout:
    """How samples are stored.

    `rows` is the height of a strip (None: one strip for all), `tile` the width and height of tiles instead of strips,
    `chroma` the subsampling across and down. `fields` override those that follow from the rest; `without` omits tags.
    """

    photometric: int
    bits: int = 8
    planes: int = CONTIGUOUS
    rows: int | None = None
    tile: tuple[int, int] | None = None
    order: str = "<"
    fill_order: int = 1
    compression: int = NONE
    predictor: int = 1
    big: bool = False
    chroma: tuple[int, int] = (1, 1)
    fields: Fields = field(default_factory=dict)
    without: tuple[int, ...] = ()


def write_tiff(samples: Samples, layout: Layout) -> bytes:
    """Write a file of one page. `samples` are the stored values, height x width x channels."""
    height, width, channels = samples.shape
    planes = np.split(samples, channels, axis=2) if layout.planes == SEPARATE else [samples]
    pieces = [
        _compress(_pack(piece, replace(layout, chroma=chroma)), layout, piece.shape[1])
        for index, plane in enumerate(planes)
        for plane_layout, chroma in [_plane(layout, index)]
        for piece in _cut(_subsampled(plane, layout, index), plane_layout)
    ]
    fields: dict[int, object] = {
        256: (width,),
        257: (height,),
        258: (layout.bits,) * channels,
        259: (layout.compression,),
        262: (layout.photometric,),
        266: (layout.fill_order,),
        277: (channels,),
        284: (layout.planes,),
        317: (layout.predictor,),
    }
    if layout.chroma != (1, 1):
        fields[530] = layout.chroma
    sizes = tuple(map(len, pieces))
    if layout.tile:
        fields |= {322: layout.tile[:1], 323: layout.tile[1:], 324: sizes, 325: sizes}
    else:
        fields |= {273: sizes, 278: (layout.rows or height,), 279: sizes}
    fields |= layout.fields
    return _assemble({tag: value for tag, value in fields.items() if tag not in layout.without}, pieces, layout)


def _plane(layout: Layout, index: int) -> tuple[Layout, tuple[int, int]]:
    """The layout of a plane, and the subsampling with which its pieces are packed.

    A separate chroma plane has smaller pieces, which need no packing in blocks.
    """
    if layout.planes != SEPARATE or layout.chroma == (1, 1):
        return layout, layout.chroma
    if index == 0:
        return layout, (1, 1)
    across, down = layout.chroma
    tile = (layout.tile[0] // across, layout.tile[1] // down) if layout.tile else None
    return replace(layout, tile=tile, rows=layout.rows // down if layout.rows else None), (1, 1)


def _subsampled(plane: Samples, layout: Layout, index: int) -> Samples:
    across, down = layout.chroma
    return plane[::down, ::across] if layout.planes == SEPARATE and index else plane


def _cut(plane: Samples, layout: Layout) -> Iterable[Samples]:
    height, width = plane.shape[:2]
    if layout.tile:
        across, down = layout.tile
        for top in range(0, height, down):
            for left in range(0, width, across):
                piece = plane[top : top + down, left : left + across]
                yield np.pad(piece, ((0, down - piece.shape[0]), (0, across - piece.shape[1]), (0, 0)), "edge")
    else:
        rows = layout.rows or height
        for top in range(0, height, rows):
            yield plane[top : top + rows]


def _pack(piece: Samples, layout: Layout) -> bytes:
    if layout.chroma != (1, 1):
        return _blocks(piece, *layout.chroma)
    height = piece.shape[0]
    if layout.bits in {8, 16, 32}:
        values = piece.astype(np.int64)
        if layout.predictor == 2:
            values[:, 1:] -= piece[:, :-1].astype(np.int64)
        masked = values & ((1 << layout.bits) - 1)
        return masked.astype(f"{layout.order}u{layout.bits // 8}").tobytes()
    bits = piece.reshape(height, -1)[..., None] >> np.arange(layout.bits)[::-1] & 1
    return np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1).tobytes()


def _blocks(piece: Samples, across: int, down: int) -> bytes:
    """Pack blocks of luma, row by row, followed by one Cb and one Cr, those of the top left pixel (section 21)."""
    height, width = piece.shape[:2]
    full = np.pad(piece, ((0, -height % down), (0, -width % across), (0, 0)), "edge").astype(np.uint8)
    blocks = full.reshape(full.shape[0] // down, down, full.shape[1] // across, across, 3).swapaxes(1, 2)
    luma = blocks[..., 0].reshape(*blocks.shape[:2], across * down)
    return np.concatenate([luma, blocks[:, :, 0, 0, 1:]], axis=-1).tobytes()


def _compress(data: bytes, layout: Layout, width: int) -> bytes:
    if layout.compression == JPEG:
        return _jpeg(data, width)
    packed = _COMPRESSORS[layout.compression](data)
    return packed.translate(_REVERSED) if layout.fill_order == 2 else packed


def _jpeg(data: bytes, width: int) -> bytes:
    """A JPEG of four samples per pixel. They are inverted here because Pillow inverts CMYK when it writes."""
    pixels = 255 - np.frombuffer(data, np.uint8).reshape(-1, width, 4)
    buffer = io.BytesIO()
    Image.fromarray(pixels, "CMYK").save(buffer, "JPEG", quality=97)
    return buffer.getvalue()


def _lzw(data: bytes) -> bytes:
    """LZW with 9-bit codes only: the table is cleared before it needs longer codes (section 13)."""
    codes = [code for start in range(0, len(data), 250) for code in (256, *data[start : start + 250])]
    bits = np.array([*codes, 257])[:, None] >> np.arange(9)[::-1] & 1
    return np.packbits(bits.astype(np.uint8)).tobytes()


def _packbits(data: bytes) -> bytes:
    runs = (data[start : start + 128] for start in range(0, len(data), 128))
    return b"".join(bytes([len(run) - 1]) + run for run in runs)


_COMPRESSORS: Mapping[int, Callable[[bytes], bytes]] = {
    NONE: lambda data: data,
    LZW: _lzw,
    ZIP: zlib.compress,
    OLD_ZIP: zlib.compress,
    PACKBITS: _packbits,
    LZMA: lzma.compress,
}


def _assemble(fields: Mapping[int, object], pieces: list[bytes], layout: Layout) -> bytes:
    order, count, offset, width = layout.order, *(("Q", "Q", 8) if layout.big else ("H", "I", 4))
    start = 16 if layout.big else 8
    places = [start + sum(map(len, pieces[:index])) for index in range(len(pieces))]
    offsets = 324 if layout.tile else 273
    data = b"".join(pieces)
    entries = []
    for tag, value in sorted(fields.items()):
        kind, number, packed = _packed(order, tuple(places) if tag == offsets else value, tag)
        if len(packed) > width:
            data += bytes((start + len(data)) % 2)
            place = start + len(data)
            data += packed
            packed = struct.pack(order + offset, place)
        entries.append(struct.pack(f"{order}HH{offset}", tag, kind, number) + packed.ljust(width, b"\0"))
    data += bytes((start + len(data)) % 2)
    directory = struct.pack(order + count, len(entries)) + b"".join(entries) + bytes(width)
    mark = b"II" if order == "<" else b"MM"
    if layout.big:
        return mark + struct.pack(f"{order}HHHQ", 43, 8, 0, start + len(data)) + data + directory
    return mark + struct.pack(f"{order}HI", 42, start + len(data)) + data + directory


def _packed(order: str, value: object, tag: int) -> tuple[int, int, bytes]:
    if isinstance(value, bytes):
        return _UNDEFINED, len(value), value
    assert isinstance(value, tuple)
    if value and isinstance(value[0], tuple):
        numbers = [number for pair in value for number in pair]
        return _RATIONAL, len(value), struct.pack(f"{order}{len(numbers)}I", *numbers)
    kind, letter = (_LONG, "I") if tag in {256, 257, 273, 278, 279, 324, 325} else (_SHORT, "H")
    return kind, len(value), struct.pack(f"{order}{len(value)}{letter}", *value)
