"""Joining the parts of a profile in a JPEG, and writing them."""

import io

import pytest
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.jpeg.profile import ProfilePart, is_in_order, join, profile_part, write
from imagejobs.conversion.formats.jpeg.segments import Segment, read_segments

PROFILE = (12).to_bytes(4, "big") + b"abcdefgh"
A, B, C = PROFILE[:4], PROFILE[4:8], PROFILE[8:]


def parts(*numbered: tuple[int, bytes], total: int = 3) -> list[ProfilePart]:
    return [ProfilePart(number, total, data) for number, data in numbered]


@pytest.mark.parametrize("total", [0, 1, 3, 9])
@pytest.mark.parametrize(
    "numbered",
    [
        ((1, A), (2, B), (3, C)),
        ((3, C), (1, A), (2, B)),
        ((0, A), (2, C), (1, B)),
        ((2, B), (2, B), (1, A), (3, C)),
        ((1, A), (1, B), (1, C)),
    ],
)
def test_parts_are_joined_by_number_and_those_of_one_number_as_they_come(
    numbered: tuple[tuple[int, bytes], ...], total: int
) -> None:
    assert join(parts(*numbered, total=total)) == PROFILE


@pytest.mark.parametrize("numbered", [(), ((1, b"ab"),), ((1, A), (3, C)), ((1, A), (2, B)), ((1, A), (1, A), (2, B))])
def test_less_than_the_header_says_is_no_profile(numbered: tuple[tuple[int, bytes], ...]) -> None:
    assert join(parts(*numbered)) == b""


def test_only_the_numbers_of_the_standard_are_in_order() -> None:
    assert is_in_order(parts((1, A), (2, B), (3, C)))
    assert not is_in_order(parts((0, A), (1, B), (2, C)))
    assert not is_in_order(parts((1, A), (2, B)))


@pytest.mark.parametrize("size", [1, 65519, 65520, 200_000, 255 * 65519])
def test_a_profile_of_any_size_is_written_as_it_is_read(size: int) -> None:
    profile = bytes(range(256)) * (size // 256) + bytes(size % 256)

    found = [profile_part(each) for each in read_segments(ByteReader(io.BytesIO(write(profile)), "JPEG"))]

    assert b"".join(part.data for part in found if part) == profile
    assert is_in_order([part for part in found if part])


def test_a_profile_that_is_too_long_is_not_written() -> None:
    assert write(bytes(255 * 65519 + 1)) == b""


@pytest.mark.parametrize("payload", [b"", b"ICC_PROFILE", b"ICC_PROFILE\0\1", b"MPF\0" + bytes(20)])
def test_other_segments_hold_no_part(payload: bytes) -> None:
    assert profile_part(Segment(0xE2, 0, payload, 0)) is None
    assert profile_part(Segment(0xE1, 0, b"ICC_PROFILE\0\1\1" + PROFILE, 0)) is None
