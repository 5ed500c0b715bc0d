import struct

import pytest
from imagejobs.conversion.formats.exif import orientation


def tiff(order: str, tag: int = 0x0112, kind: int = 3, value: int = 6) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HIHHHIHH", 42, 8, 1, tag, kind, 1, value, 0)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_it_is_read_in_both_byte_orders(order: str, prefix: bytes) -> None:
    assert orientation(prefix + tiff(order)) == 6


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II",
        b"nonsense" * 9,
        tiff("<", value=0),
        tiff("<", value=9),
        tiff("<", kind=2),
        tiff("<", kind=7),
        tiff("<", kind=11),
        tiff("<", tag=1),
        tiff("<")[:15],
    ],
)
def test_what_says_nothing_means_upright(exif: bytes) -> None:
    assert orientation(exif) == 1
