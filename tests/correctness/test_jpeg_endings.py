"""JPEGs with a missing end marker or with extra bytes are shown if, and only if, their picture is complete."""

import io

import numpy as np
import pytest
from files.jpeg_endings import EOI, JUNK, KINDS, TRAILERS, segment_starts
from files.jpeg_variants import JPEGS
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from measures.decoded_pictures import Pixels, decode, difference
from PIL import Image

FINE = Options(quality=97)


def pillow_decodes(source: bytes) -> Pixels:
    with Image.open(io.BytesIO(source)) as image:
        return np.asarray(image.convert("RGB"))


def assert_looks_like(source: bytes, whole: bytes) -> None:
    assert difference(decode(convert(source, FINE).data), pillow_decodes(whole)) < 4


def failure(source: bytes) -> str:
    with pytest.raises(ConversionError) as caught:
        convert(source, FINE)
    return caught.value.code


def scan_data(whole: bytes) -> range:
    """The offsets of the last scan's data, from its header up to EOI."""
    header = whole.rindex(b"\xff\xda")
    return range(header + 2 + int.from_bytes(whole[header + 2 : header + 4], "big"), len(whole) - len(EOI))


@pytest.mark.parametrize("trailer", TRAILERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_picture_needs_no_end_marker_whatever_follows(kind: str, trailer: str) -> None:
    whole = KINDS[kind]()

    assert_looks_like(whole.removesuffix(EOI) + TRAILERS[trailer], whole)


@pytest.mark.parametrize("kind", KINDS)
def test_without_any_byte_of_its_data_it_is_truncated(kind: str) -> None:
    """Cut at each of the last six bytes, at every 97th byte before, and at and within every restart marker."""
    whole = KINDS[kind]()
    data = scan_data(whole)
    restarts = [at + shift for at in data for shift in (0, 1, 2) if whole[at] == 0xFF and 0xD0 <= whole[at + 1] < 0xD8]

    for end in {*data[::97], *data[-6:], *(at for at in restarts if at < data.stop)}:
        assert failure(whole[:end]) == "truncated", f"without {data.stop - end} bytes"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_zeros_or_a_second_picture_do_not_make_up_for_the_rest(part: float, kind: str) -> None:
    whole = KINDS[kind]()
    cut = int(len(whole) * part)

    assert failure(whole[:cut].ljust(len(whole), b"\0")) in {"truncated", "corrupt"}
    assert failure(whole[:cut] + bytes(20_000)) in {"truncated", "corrupt"}
    assert failure(whole[:cut] + b"\xff" + KINDS["baseline 4:2:0"]()) in {"truncated", "corrupt"}


@pytest.mark.parametrize("kind", ["progressive", "progressive grey", "a scan for each component"])
def test_a_file_that_ends_between_two_scans_is_truncated(kind: str) -> None:
    whole = KINDS[kind]()
    places = [at for at in segment_starts(whole) if whole[at + 1] == 0xDA][1:]

    assert len(places) > 1
    for place in places:
        assert failure(whole[:place]) == "truncated"


def test_an_arithmetic_picture_needs_its_end_marker() -> None:
    """The arithmetic decoder fills missing data with zeros and gives no warning."""
    assert failure(JPEGS["arithmetic coding"]().removesuffix(EOI) + b"some text") == "truncated"


@pytest.mark.parametrize(
    "complaint",
    [(b"JFIF\0\x01", b"JFIF\0\x02"), (b"\xff\xdb", b"\0\0\0\xff\xdb"), (b"\x3f\0", b"\x3e\0")],
    ids=["an unknown version", "bytes between segments", "a scan of another kind"],
)
def test_a_harmless_complaint_before_does_not_hide_that_data_is_missing(complaint: tuple[bytes, bytes]) -> None:
    """ImageMagick reports only the first of libjpeg's warnings."""
    whole = KINDS["baseline 4:2:0"]()
    header = scan_data(whole).start
    odd = whole[:header].replace(*complaint, 1) + whole[header:]

    assert_looks_like(odd, whole)
    assert failure(odd[: len(odd) * 2 // 3] + EOI) == "truncated"


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("kind", ["baseline 4:2:0", "restart markers", "progressive"])
def test_bytes_between_the_segments_are_passed_over(kind: str, junk: str) -> None:
    """The bytes are inserted before one segment at a time, scans included, and then before all segments at once."""
    whole = KINDS[kind]()
    starts = list(segment_starts(whole))
    before = starts[0]  # SOI and the first FF identify a JPEG
    everywhere = whole[:before] + JUNK[junk].join(
        whole[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)
    )

    for at in starts[1 :: 1 if len(starts) < 15 else 4]:
        assert_looks_like(whole[:at] + JUNK[junk] + whole[at:], whole)
    assert_looks_like(everywhere, whole)
