"""The copy of a TIFF that the decoder gets has orientation 1 and no EXIF directory."""

import struct
from collections.abc import Callable

import pytest
from imagejobs.conversion.formats.tiff.decoder_copy import decoder_copy
from measures.structure_reading import read
from PIL import Image

Save = Callable[..., bytes]
BYTE, SHORT, LONG, SIGNED_SHORT = 1, 3, 4, 8
LETTERS = {BYTE: "B", SHORT: "H", LONG: "I", SIGNED_SHORT: "h"}


def tiff(*kinds: int, order: str = "<", big: bool = False) -> bytes:
    """A TIFF whose directory has orientation 6 once per kind of number, and the height."""
    mark, count, offset = b"II" if order == "<" else b"MM", *(("Q", "Q") if big else ("H", "I"))
    head = struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 8)
    fields = [(274, kind, struct.pack(order + LETTERS[kind], 6)) for kind in kinds]
    fields += [(257, SHORT, struct.pack(f"{order}H", 6))]
    size = struct.calcsize(offset)
    entries = [
        struct.pack(f"{order}HH{offset}", tag, kind, 1) + value.ljust(size, b"\0") for tag, kind, value in fields
    ]
    directory = struct.pack(order + count, len(fields)) + b"".join(entries) + bytes(size)
    return mark + head + directory + b"pixels"


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("kinds", [(SHORT,), (LONG,), (BYTE,), (SIGNED_SHORT,), (SIGNED_SHORT, SHORT), (SHORT, LONG)])
def test_every_field_of_it_becomes_the_number_1(kinds: tuple[int, ...], order: str, big: bool) -> None:
    source = tiff(*kinds, order=order, big=big)

    expected = source
    for kind in kinds:
        size = 8 if big else 4
        before = struct.pack(f"{order}HH{'Q' if big else 'I'}", 274, kind, 1)
        after = struct.pack(f"{order}HH{'Q' if big else 'I'}", 274, SHORT, 1)
        six, one = struct.pack(order + LETTERS[kind], 6), struct.pack(f"{order}H", 1)
        expected = expected.replace(before + six.ljust(size, b"\0"), after + one.ljust(size, b"\0"))
    assert expected != source
    assert decoder_copy(source) == expected


@pytest.mark.parametrize("pointer", [34665, 34853], ids=["EXIF", "GPS"])
def test_pointers_to_other_directories_lead_nowhere(pointer: int) -> None:
    upright = struct.pack("<HHI", 274, SHORT, 1) + struct.pack("<I", 1)
    source = tiff(LONG).replace(struct.pack("<HHI", 274, LONG, 1), struct.pack("<HHI", pointer, LONG, 1))

    copy = decoder_copy(source)

    assert upright in copy
    assert upright not in source
    assert len(copy) == len(source)


def test_one_without_it_stays_as_it_is() -> None:
    assert decoder_copy(tiff()) == tiff()


def test_the_file_that_was_probed_is_still_the_same_picture(photo: Image.Image, save: Save) -> None:
    whole = save(photo, "TIFF", tiffinfo={274: 7})

    found, upright = read(whole), read(decoder_copy(whole))

    assert (found.orientation, upright.orientation) == (7, 1)
    assert (upright.width, upright.height) == (found.width, found.height) == (120, 80)
