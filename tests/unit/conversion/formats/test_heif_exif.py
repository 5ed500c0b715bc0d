"""EXIF in HEIC and AVIF: its orientation is ignored and noted in the receipt; credits are kept."""

from typing import Any

import pytest
from files.exif import ARTIST, ORIENTATION, exif
from files.heif import IMIR, IROT, Part, coded, heif
from measures.decoded_pictures import photo
from measures.structure_reading import read

PICTURE = coded("AVIF", photo())
TITLES = {"AVIF": PICTURE, "HEIC": coded("HEIC", photo())}


def described(payload: bytes, image_format: str = "AVIF", *boxes: bytes) -> bytes:
    metadata = Part("Exif", payload, ()).referring(cdsc=[0])
    return heif(image_format, TITLES[image_format].with_properties(*boxes), metadata)


def payload(tags: dict[int, Any], before: bytes = b"Exif\0\0") -> bytes:
    tiff = exif(tags).removeprefix(b"Exif\0\0")
    return len(before).to_bytes(4, "big") + before + tiff


@pytest.mark.parametrize("image_format", TITLES)
@pytest.mark.parametrize("before", [b"", b"Exif\0\0", bytes(40)])
@pytest.mark.parametrize("number", range(2, 9))
def test_an_orientation_that_turns_nothing_is_noted(number: int, before: bytes, image_format: str) -> None:
    found = read(described(payload({ORIENTATION: number}, before), image_format))

    assert (found.width, found.height, found.orientation) == (96, 64, 1)
    (note,) = found.notes
    assert note.startswith(f"{image_format} with EXIF orientation {number}: not turned, since ")


@pytest.mark.parametrize("boxes", [IROT[1:2], IMIR[:1]])
def test_a_file_that_is_turned_by_its_boxes_needs_no_note(boxes: tuple[bytes, ...]) -> None:
    assert read(described(payload({ORIENTATION: 6}), "AVIF", *boxes)).notes == ()


def test_an_upright_file_needs_no_note() -> None:
    assert read(described(payload({ORIENTATION: 1}))).notes == ()
    assert read(described(payload({}))).notes == ()


def test_the_artist_is_known() -> None:
    assert read(described(payload({ARTIST: "Ada"}))).credits == {ARTIST: b"Ada"}


@pytest.mark.parametrize("damaged", [b"\0", b"\xff\xff\xff\xffMM", b"\0\0\0\6Exif\0\0II*\0\xff\xff\xff\xff", bytes(99)])
def test_damaged_exif_is_ignored(damaged: bytes) -> None:
    found = read(described(damaged))

    assert (found.notes, dict(found.credits)) == ((), {})


def test_the_exif_of_another_item_is_ignored() -> None:
    thumbnail = PICTURE.referring(thmb=[0])
    metadata = Part("Exif", payload({ORIENTATION: 6}), ()).referring(cdsc=[1])

    assert read(heif("AVIF", PICTURE, thumbnail, metadata)).notes == ()
