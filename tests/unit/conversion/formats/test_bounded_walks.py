"""The number of blocks that a structure reader accepts is bounded, so that no file keeps a process busy."""

import io
import struct
from collections.abc import Callable

import pytest
from files import png as png_files
from imagejobs.conversion.formats.block_count import MAX_BLOCKS
from imagejobs.conversion.formats.probe import probe
from measures.structure_reading import read, refusal

Repeat = Callable[[int], bytes]
MOST_SUB_BLOCKS, MOST_SCANS = 1 << 20, 200
GIF = b"GIF89a" + struct.pack("<HHB2x", 9, 7, 0)
GIF_FRAME = b"," + struct.pack("<HHHHB", 0, 0, 9, 7, 0) + b"\x02"
JPEG = b"\xff\xd8"
JPEG_FRAME = b"\xff\xc0" + struct.pack(">HBHHBBBB", 11, 8, 7, 9, 1, 1, 0x11, 0)
PROGRESSIVE_FRAME = JPEG_FRAME.replace(b"\xff\xc0", b"\xff\xc2")
EOI = b"\xff\xd9"
SCAN = b"\xff\xda" + struct.pack(">HBBB3x", 8, 1, 1, 0) + b"\x12\x34"


def png(*chunks: png_files.Chunk) -> bytes:
    return png_files.SIGNATURE + b"".join(png_files.chunk(*each) for each in chunks)


def webp(count: int) -> bytes:
    """A WebP of VP8X, the picture, and unknown chunks; VP8X does not count towards `count`."""
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\x08\0\0\x06\0\0"
    picture = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", 8 | 6 << 14) + bytes(5)
    body = b"WEBP" + extended + picture + b"none\0\0\0\0" * (count - 1)
    return b"RIFF" + struct.pack("<I", len(body)) + body


WALKS: dict[str, tuple[int, Repeat]] = {
    "GIF blocks": (MAX_BLOCKS, lambda count: GIF + GIF_FRAME + b"\x01\x44\0" + b"!\xfe\0" * (count - 1) + b";"),
    "GIF sub-blocks": (MOST_SUB_BLOCKS, lambda count: GIF + GIF_FRAME + b"\x01\x44" * count + b"\0;"),
    "JPEG segments": (MAX_BLOCKS, lambda count: JPEG + b"\xff\xfe\0\2" * (count - 2) + JPEG_FRAME + SCAN + b"\xff\xd9"),
    "JPEG scans": (MOST_SCANS, lambda count: JPEG + PROGRESSIVE_FRAME + SCAN * count + b"\xff\xd9"),
    "PNG chunks": (
        MAX_BLOCKS,
        lambda count: png(
            (b"IHDR", struct.pack(">IIBBBBB", 9, 7, 8, 0, 0, 0, 0)),
            *[(b"teXt", b"")] * (count - 2),
            (b"IDAT", b"x"),
            (b"IEND", b""),
        ),
    ),
    "WebP chunks": (MAX_BLOCKS, webp),
}


@pytest.mark.parametrize("name", WALKS)
def test_a_file_of_as_many_blocks_as_are_accepted_is_read_and_one_more_is_refused(name: str) -> None:
    most, repeat = WALKS[name]
    image_format, blocks = name.split(" ")

    found = read(repeat(most))
    code, message = refusal(repeat(most + 1))

    assert (found.width, found.height) == (9, 7)
    assert code == "unsupported_type"
    assert message.startswith(f"The {image_format} has more than {most} {blocks}, ")


class CountingFile(io.BytesIO):
    """A file that counts its reads."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


RUNS: dict[str, Repeat] = {
    "zeros between a GIF's blocks": lambda length: GIF + bytes(length) + GIF_FRAME + b"\x01\x44\0;",
    "zeros in the place of a GIF's trailer": lambda length: GIF + GIF_FRAME + b"\x01\x44\0" + bytes(length),
    "zeros between a JPEG's segments": lambda length: JPEG + b"\xff\xfe\0\2" + bytes(length) + JPEG_FRAME + SCAN + EOI,
    "FF before a JPEG's marker": lambda length: JPEG + b"\xff" * length + JPEG_FRAME + SCAN + b"\xff\xd9",
}
"""Padding of any length, which GIF and JPEG allow."""


@pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)
def test_a_long_run_of_padding_is_passed_over_in_large_steps(make: Repeat) -> None:
    file = CountingFile(make(1_000_000))

    found = probe(file)

    assert (found.width, found.height) == (9, 7)
    assert file.reads < 500


@pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("length", [0, 1, 2, *range(4090, 4100), *range(8185, 8196)])
def test_a_run_may_end_anywhere(length: int, make: Repeat) -> None:
    assert read(make(length)) == read(make(0))
