import struct

import pytest
from files.exif import ARTIST, CAMERA, COPYRIGHT, ORIENTATION, exif
from hypothesis import given
from hypothesis import strategies as st
from imagejobs.conversion.formats.exif import credits_of, orientation, write_credits
from imagejobs.conversion.formats.structure import MAX_CREDIT_BYTES
from PIL import Image

IDENTIFIER = b"Exif\0\0"
TEXTS = st.binary(min_size=1, max_size=MAX_CREDIT_BYTES).filter(
    lambda text: text.strip(b" \0") and not text.endswith(b"\0")
)


def directory(order: str, tag: int, kind: int, count: int, value: bytes, rest: bytes = b"") -> bytes:
    """EXIF with one field; `value` are its four bytes of value or offset."""
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HIHHHI", 42, 8, 1, tag, kind, count) + value + bytes(4) + rest


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("identifier", [IDENTIFIER, b""])
@pytest.mark.parametrize("artist", ["J", "Jo", "Joe", "Jane", "Jane Doe", "Jürgen Müller"])
def test_credits_are_read_in_both_byte_orders_inline_or_not(order: str, identifier: bytes, artist: str) -> None:
    block = exif({CAMERA: "Camera", ORIENTATION: 6, ARTIST: artist, COPYRIGHT: "(c) Jo"}, order=order)

    found = credits_of(identifier + block.removeprefix(IDENTIFIER))

    assert found == {ARTIST: artist.encode(), COPYRIGHT: b"(c) Jo"}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("text", ["", " ", "   ", "\0\0\0", " \0 \0 \0 "])
def test_blank_credits_are_ignored(order: str, text: str) -> None:
    assert credits_of(exif({ARTIST: text, COPYRIGHT: "Jo Doe"}, order=order)) == {COPYRIGHT: b"Jo Doe"}


def test_a_copyright_may_name_photographer_and_editor() -> None:
    assert credits_of(exif({COPYRIGHT: "Jo Doe\0The Paper"})) == {COPYRIGHT: b"Jo Doe\0The Paper"}


@pytest.mark.parametrize("order", ["<", ">"])
def test_four_bytes_stand_in_their_field_and_five_elsewhere(order: str) -> None:
    far = struct.pack(f"{order}I", 26)

    assert credits_of(directory(order, ARTIST, 2, 4, b"Jane", b"far away")) == {ARTIST: b"Jane"}
    assert credits_of(directory(order, ARTIST, 2, 3, b"Joe\xff")) == {ARTIST: b"Joe"}
    assert credits_of(directory(order, ARTIST, 2, 5, far, b"Lemma and more")) == {ARTIST: b"Lemma"}


@pytest.mark.parametrize("kind", [1, 3, 4, 7])
def test_a_credit_that_is_not_text_is_ignored(kind: int) -> None:
    assert credits_of(directory("<", ARTIST, kind, 4, b"Jane")) == {}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("offset", "count", "text"),
    [(26, 8, b"Jane"), (28, 200, b"ne"), (30, 9, None), (1 << 31, 9, None), (0xFFFFFFFF, 0xFFFFFFFF, None)],
)
def test_a_damaged_offset_gives_what_is_there(order: str, offset: int, count: int, text: bytes | None) -> None:
    block = directory(order, COPYRIGHT, 2, count, struct.pack(f"{order}I", offset), b"Jane")

    assert credits_of(block) == ({COPYRIGHT: text} if text else {})


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_that_ends_anywhere_breaks_nothing(order: str) -> None:
    block = exif({CAMERA: "Camera", ARTIST: "Jane Doe", COPYRIGHT: "(c) Jo"}, order=order)
    whole = credits_of(block)

    for end in range(len(block)):
        for tag, text in credits_of(block[:end]).items():
            assert whole[tag].startswith(text)


@pytest.mark.parametrize("block", [b"", IDENTIFIER, b"II", b"MM\0\x2a", b"nonsense" * 20, b"II*\0\xff\xff\xff\xff"])
def test_a_block_that_is_not_exif_has_no_credits(block: bytes) -> None:
    assert credits_of(block) == {}


def test_a_credit_has_an_end() -> None:
    assert credits_of(exif({ARTIST: "x" * 4000})) == {ARTIST: b"x" * MAX_CREDIT_BYTES}


@given(artist=TEXTS, owner=TEXTS)
def test_what_is_written_is_read_again(artist: bytes, owner: bytes) -> None:
    for texts in ({ARTIST: artist}, {COPYRIGHT: owner}, {COPYRIGHT: owner, ARTIST: artist}):
        assert credits_of(write_credits(texts)) == texts
        assert credits_of(IDENTIFIER + write_credits(texts)) == texts


@pytest.mark.parametrize("text", ["J", "Joe", "Jane", "Jane Doe", "Jane Doe and Jo"])
def test_pillow_reads_what_is_written(text: str) -> None:
    read = Image.Exif()
    read.load(IDENTIFIER + write_credits({COPYRIGHT: b"(c) 2024", ARTIST: text.encode()}))

    assert dict(read) == {ARTIST: text, COPYRIGHT: "(c) 2024"}


def test_nothing_but_the_credits_is_written() -> None:
    written = write_credits({ARTIST: b"Jane"})

    assert written == directory("<", ARTIST, 2, 5, struct.pack("<I", 26), b"Jane\0\0")
    assert orientation(written) == 1


def test_fields_stand_in_the_order_of_their_numbers() -> None:
    written = write_credits({COPYRIGHT: b"(c) Jo", ARTIST: b"Jane"})

    assert [struct.unpack_from("<H", written, at) for at in (10, 22)] == [(ARTIST,), (COPYRIGHT,)]
