"""Decompressing strips or tiles with libtiff: they are wrapped in a picture whose samples are their bytes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.pieces import Piece
from imagejobs.conversion.formats.tiff.plain import Plain, write_plain

_MAX_SIDE = 16_383
_CHANNELS = {4: (tags.INKS, "CMYK"), 3: (tags.RGB, "RGB"), 1: (tags.BLACK_IS_ZERO, "R")}
_MAX_BYTES = 1 << 22
"""The most bytes of several pieces at once: ImageMagick needs eight times as much memory."""


@dataclass(frozen=True, slots=True)
class BytePicture:
    """A TIFF of 8 bits a sample; its samples, row by row, are the bytes. `channels` are these samples by their
    letters: red, green, blue and alpha, inks, or grey as red.
    """

    data: bytes
    width: int
    height: int
    channels: str


Decompress = Callable[[BytePicture], bytes]
"""Decodes a picture of bytes and returns its samples."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """The shape of a picture of bytes: each row of bytes becomes `lines` rows of the picture."""

    width: int
    channels: int
    lines: int


def batches(pieces: Iterable[Piece], row_bytes: int, rows: int) -> Iterator[list[Piece]]:
    """Groups of pieces that fit into one picture each. A group has pieces of one plane, of `rows` rows each.

    The last piece of a plane may have fewer rows.
    """
    most = max(1, min(_MAX_BYTES // (row_bytes * rows), _MAX_SIDE // (_shape(row_bytes).lines * rows)))
    batch: list[Piece] = []
    for piece in pieces:
        if batch and (len(batch) == most or piece.plane != batch[0].plane):
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch


def byte_picture(
    source: bytes, batch: list[Piece], row_bytes: int, heights: list[int], coding: Mapping[int, int]
) -> BytePicture:
    """A picture whose samples are the bytes of these pieces. `heights` are their rows; only the last may differ.

    `coding` has the fields that describe the compression. Raises ConversionError `unsupported_type` for pieces that are
    too large for a picture.
    """
    shape = _shape(row_bytes)
    height = sum(heights) * shape.lines
    if height > _MAX_SIDE:
        raise ConversionError(
            ErrorCode.UNSUPPORTED_TYPE,
            f"The TIFF has strips or tiles of {heights[0]} rows, too large for this layout of samples. Save it as an "
            "RGB TIFF, or as a JPEG.",
        )
    photometric, channels = _CHANNELS[shape.channels]
    page = Plain(shape.width, height, photometric, shape.channels, heights[0] * shape.lines, coding)
    strips = [source[piece.offset : piece.offset + piece.size] for piece in batch]
    # ImageMagick refuses a file that is much smaller than a row.
    return BytePicture(write_plain(page, strips, min_bytes=row_bytes), shape.width, height, channels)


def _shape(row_bytes: int) -> _Shape:
    """Several channels need less memory than one. A row that is too long is split into equal ones."""
    channels = next(count for count in _CHANNELS if row_bytes % count == 0)
    columns = row_bytes // channels
    lines = next(count for count in range(-(-columns // _MAX_SIDE), columns + 1) if columns % count == 0)
    return _Shape(columns // lines, channels, lines)
