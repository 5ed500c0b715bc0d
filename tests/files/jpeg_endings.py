"""JPEGs as cameras write them: without an end marker, with data of their own after it or between the segments."""

from collections.abc import Iterator

import numpy as np
from files.ink import Marker, cmyk_jpeg
from measures.decoded_pictures import Pixels, Variants, encode, noise, photo

EOI = b"\xff\xd9"


def _picture() -> Pixels:
    """A picture with enough grain to fill every block with data, but not more than lossy WebP preserves."""
    return (photo(72, 40) * 0.8 + noise(72, 40) * 0.2).round().astype(np.uint8)


def _in_scans_of_their_own() -> bytes:
    """A baseline JPEG whose three components have one scan each; all three scans hold the same grey data."""
    grey = encode(_picture()[..., 0], "JPEG", quality=90)
    frame, scan = grey.index(b"\xff\xc0"), grey.index(b"\xff\xda")
    header = grey[frame : frame + 9] + b"\x03" + b"\x01\x11\0" + b"\x02\x11\0" + b"\x03\x11\0"
    header = header[:2] + (17).to_bytes(2, "big") + header[4:]
    data = grey[scan + 10 : -2]
    scans = b"".join(b"\xff\xda\0\x08\x01" + bytes([n]) + b"\0\0\x3f\0" + data for n in (1, 2, 3))
    return grey[:frame] + header + grey[frame + 13 : scan] + scans + EOI


KINDS: Variants = {
    "baseline 4:2:0": lambda: encode(_picture(), "JPEG", quality=90, subsampling="4:2:0"),
    "baseline 4:4:4": lambda: encode(_picture(), "JPEG", quality=90, subsampling="4:4:4"),
    "optimised": lambda: encode(_picture(), "JPEG", quality=90, optimize=True),
    "restart markers": lambda: encode(_picture(), "JPEG", quality=90, restart_marker_blocks=3),
    "progressive": lambda: encode(_picture(), "JPEG", quality=90, progressive=True),
    "progressive, restart markers": lambda: encode(
        _picture(), "JPEG", quality=90, progressive=True, restart_marker_blocks=3
    ),
    "grey": lambda: encode(_picture()[..., 0], "JPEG", quality=90),
    "progressive grey": lambda: encode(_picture()[..., 0], "JPEG", quality=90, progressive=True),
    "grey in colour": lambda: encode(_picture()[..., :1].repeat(3, axis=-1), "JPEG", quality=90),
    "four inks": lambda: cmyk_jpeg(_picture()[..., [0, 1, 2, 0]] // 3, Marker.PLAIN),
    "a scan for each component": _in_scans_of_their_own,
}
TRAILERS = {
    "nothing": b"",
    "half a marker": b"\xff",
    "one byte": b"\x07",
    "8 bytes of a camera": b"dhav\x59\x19\x01\0",
    "zeros": bytes(700),
    "text": b"made by a program that left the end out ",
    "Samsung's": b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data\0\0\0\x18ftypmp42"
    + bytes(range(256)) * 3
    + b"SEFH\x6a\0\0\0\x01\0\0\0\0\0\x30\x0a\0\0\0\0\x18\0\0\0SEFT",
    "restart markers": b"\xff\xd0\xff\xd1",
    "a Huffman table": b"\xff\xc4\0\x05abc",
    "a scan": b"\xff\xda\0\x08\x01\x01\0\0\x3f\0abc",
    "an unknown marker": b"\xff\x53\0\x04ab",
    "another JPEG": encode(noise(16, 16), "JPEG"),
}
JUNK = {
    "zeros": bytes(18),
    "text": b"junk\xd8\xd9",
    "FF 00": b"\xff\0" * 9,
    "FF": b"\xff" * 5,
    "restart markers": b"\xff\xd3x\xff\xd7",
    "an empty comment": b"\xff\xfe\0\0",
    "a segment of length 1": b"\xff\xe5\0\1",
    "more than one read": bytes(70_000),
}
"""Bytes that libjpeg skips before a marker."""


def segment_starts(whole: bytes) -> Iterator[int]:
    """The offset of each segment, without SOI and with EOI."""
    at = 2
    while whole[at : at + 2] != EOI:
        yield at
        at += 2 + int.from_bytes(whole[at + 2 : at + 4], "big")
        while whole[at] != 0xFF or whole[at + 1] == 0 or whole[at + 1] in range(0xD0, 0xD8):
            at += 1
    yield at
