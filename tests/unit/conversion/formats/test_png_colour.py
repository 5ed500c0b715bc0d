import struct
import time
import zlib

import numpy as np
import pytest
from files import png as png_files
from imagejobs.conversion.formats.coded_colour import CodedColour
from imagejobs.conversion.formats.png.colour import coded_colour, read_colour_chunks
from imagejobs.conversion.formats.png.standard_form import standard_form
from measures.structure_reading import read

GREY = np.zeros((7, 9), np.uint8)
PLAIN = png_files.png(GREY, 8, png_files.GREY)
CICP = (b"cICP", bytes([9, 16, 0, 1]))


def with_chunks(*chunks: png_files.Chunk) -> bytes:
    return png_files.png(GREY, 8, png_files.GREY, chunks=chunks)


def test_code_points_are_part_of_the_structure() -> None:
    assert read(PLAIN).colour is None
    assert read(with_chunks(CICP)).colour == CodedColour(9, 16)


def test_the_first_of_two_counts() -> None:
    assert read(with_chunks((b"cICP", bytes([12, 13, 0, 1])), CICP)).colour == CodedColour(12, 13)


@pytest.mark.parametrize(
    "numbers", [b"", b"\x09\x10\0", b"\x09\x10\0\1\1", b"\x09\x10\1\1", b"\3\x10\0\1", b"\x09\xff\0\1"]
)
def test_what_no_viewer_knows_is_ignored(numbers: bytes) -> None:
    assert coded_colour({b"cICP": numbers}) is None


def test_the_content_goes_before_the_display() -> None:
    display = struct.pack(">8H2I", *(0,) * 8, 4000 * 10_000, 1)
    content = struct.pack(">2I", 600 * 10_000, 100 * 10_000)

    found = [{}, {b"mDCV": display}, {b"mDCV": display, b"cLLI": content}, {b"mDCV": display[:9], b"cLLI": b"x"}]
    colours = [coded_colour({CICP[0]: CICP[1], **chunks}) for chunks in found]

    assert [colour.peak for colour in colours if colour] == [0, 4000, 600, 0]


def test_colour_chunks_are_taken_out_and_nothing_else() -> None:
    other = (b"tEXt", b"name\0text")
    source = with_chunks(CICP, other, (b"gAMA", b"\0\1\x86\xa0"), (b"sRGB", b"\0"))

    assert standard_form(source) == with_chunks(other)


def test_a_profile_that_expands_without_end_is_ignored() -> None:
    bomb = zlib.compress(bytes(1 << 24))
    source = with_chunks((b"iCCP", b"n\0\0" + bomb))

    started = time.monotonic()

    assert read_colour_chunks(source).profile == b""
    assert time.monotonic() - started < 2


def test_a_cut_file_is_read_as_far_as_it_goes() -> None:
    source = with_chunks(CICP, (b"gAMA", b"\0\1\x86\xa0"))
    for end in range(8, len(source)):
        read_colour_chunks(source[:end])
