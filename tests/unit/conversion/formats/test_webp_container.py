import io
import struct
from collections.abc import Callable

import pytest
from files.webp import Part, animated_webp
from imagejobs.conversion.formats.webp.container import (
    alpha_flag,
    chunk,
    chunks,
    extended_header,
    find_chunk,
    riff,
    with_exif,
)
from measures.decoded_pictures import frame_count
from PIL import Image

Save = Callable[..., bytes]
OPAQUE, CLEAR = (200, 10, 10), (200, 10, 10, 90)
EXIF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"


@pytest.fixture
def stills(save: Save) -> dict[str, bytes]:
    """A still of each kind: plain or with VP8X, with or without alpha."""
    opaque, clear = Image.new("RGB", (9, 5), OPAQUE), Image.new("RGBA", (9, 5), CLEAR)
    return {
        "lossy": save(opaque, "WEBP"),
        "lossless": save(opaque, "WEBP", lossless=True),
        "lossy with alpha": save(clear, "WEBP"),
        "lossless with alpha": save(clear, "WEBP", lossless=True),
        "with a profile": save(opaque, "WEBP", icc_profile=b"profile"),
        "with EXIF": save(opaque, "WEBP", exif=b"Exif\0\0" + EXIF + b"SECRET"),
    }


def test_a_file_is_its_chunks() -> None:
    body = chunk(b"ODD ", b"123") + chunk(b"NONE", b"") + chunk(b"EVEN", b"1234")

    assert list(chunks(riff(body))) == [(b"ODD ", b"123"), (b"NONE", b""), (b"EVEN", b"1234")]
    assert riff(body)[:12] == b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP"


@pytest.mark.parametrize(("payload", "padded"), [(b"", 8), (b"1", 10), (b"12", 10), (b"123", 12)])
def test_a_chunk_has_an_even_length_and_says_its_own(payload: bytes, padded: int) -> None:
    made = chunk(b"ABCD", payload)

    assert len(made) == padded
    assert made[:8] == b"ABCD" + struct.pack("<I", len(payload))


def test_chunks_within_a_chunk_begin_where_they_are_said_to() -> None:
    assert list(chunks(b"16 bytes of head" + chunk(b"ALPH", b"1"), 16)) == [(b"ALPH", b"1")]


@pytest.mark.parametrize("rest", [b"", b"VP8", b"VP8 \x01\0\0"])
def test_half_a_head_is_no_chunk(rest: bytes) -> None:
    assert [kind for kind, _ in chunks(riff(chunk(b"ABCD", b"12")) + rest)] == [b"ABCD"]


def test_of_two_chunks_of_a_kind_the_first_is_found() -> None:
    data = riff(chunk(b"XMP ", b"other") + chunk(b"EXIF", b"first") + chunk(b"EXIF", b"second"))

    assert find_chunk(data, b"EXIF") == b"first"
    assert find_chunk(data, b"ICCP") is None


@pytest.mark.parametrize(("width", "height"), [(1, 1), (16383, 2), (1 << 24, 1 << 24)])
def test_the_header_says_one_less_than_each_side(width: int, height: int) -> None:
    ((kind, payload),) = chunks(riff(extended_header(width, height, 0x18)))

    assert (kind, payload[0], len(payload)) == (b"VP8X", 0x18, 10)
    assert int.from_bytes(payload[4:7], "little") == width - 1
    assert int.from_bytes(payload[7:10], "little") == height - 1


def test_alpha_is_seen_in_either_coding(stills: dict[str, bytes]) -> None:
    flags = {name: alpha_flag(chunks(data)) for name, data in stills.items()}

    assert flags == {name: 0x10 if "alpha" in name else 0 for name in stills}


def test_a_lossless_picture_without_a_head_has_no_alpha() -> None:
    assert alpha_flag([(b"VP8L", b"\x2f\0\0\0")]) == 0


@pytest.mark.parametrize(
    "name", ["lossy", "lossless", "lossy with alpha", "lossless with alpha", "with a profile", "with EXIF"]
)
def test_exif_is_added_and_the_picture_stays(name: str, stills: dict[str, bytes]) -> None:
    made = with_exif(stills[name], EXIF, (9, 5))

    assert [kind for kind, _ in chunks(made)].count(b"EXIF") == 1
    assert find_chunk(made, b"EXIF") == EXIF
    assert b"SECRET" not in made
    (kind, header), *_ = chunks(made)
    assert kind == b"VP8X"
    assert header[0] & 0x18 == 0x08 | (0x10 if "alpha" in name else 0)
    assert find_chunk(made, b"ICCP") == find_chunk(stills[name], b"ICCP")
    with Image.open(io.BytesIO(stills[name])) as before, Image.open(io.BytesIO(made)) as after:
        assert after.info["exif"].endswith(EXIF)
        assert (after.mode, after.size, after.tobytes()) == (before.mode, before.size, before.tobytes())


def test_an_animation_keeps_its_flags_and_frames() -> None:
    source = animated_webp(20, 10, [Part(0, 0, 20, 10, (*OPAQUE, 255)), Part(4, 2, 6, 6, CLEAR, 250)], loop=7)

    made = with_exif(source, EXIF, (20, 10))

    header = find_chunk(made, b"VP8X") or b""
    assert header[0] == 0x08 | 0x02 | 0x10
    assert [each for each in chunks(made) if each[0] == b"ANMF"] == [e for e in chunks(source) if e[0] == b"ANMF"]
    with Image.open(io.BytesIO(made)) as shown:
        assert (frame_count(shown), shown.info["loop"], shown.size) == (2, 7, (20, 10))


def test_the_length_in_the_file_is_right(stills: dict[str, bytes]) -> None:
    for data in stills.values():
        made = with_exif(data, EXIF + b"odd", (9, 5))

        assert struct.unpack_from("<I", made, 4) == (len(made) - 8,)
        assert len(made) % 2 == 0
