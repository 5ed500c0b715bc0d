import io
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from files import png as png_files
from files.jpeg_variants import behind_start, segment
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.jpeg import blocks
from imagejobs.conversion.formats.jpeg.segments import SOS, read_segments
from imagejobs.conversion.formats.probe import Probe, check_limits, probe
from imagejobs.conversion.formats.registry import GIF
from imagejobs.conversion.options import Options
from imagejobs.settings.conversion import ConversionSettings
from measures.structure_reading import code as failure
from PIL import Image

Save = Callable[..., bytes]
KINDS = ["jpeg", "progressive jpeg", "png", "gif", "animated gif", "webp", "lossless webp", "animated webp"]


@pytest.mark.parametrize("kind", KINDS)
def test_size_and_frames_are_read_from_the_structure(kind: str, samples: dict[str, bytes]) -> None:
    found = probe(io.BytesIO(samples[kind]))

    expected = (64, 48, 4) if kind.startswith("animated") else (120, 80, 1)
    assert (found.width, found.height, found.frames) == expected
    assert found.pixels == found.width * found.height * found.frames


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_anywhere_is_refused(kind: str, samples: dict[str, bytes]) -> None:
    whole = samples[kind]
    # Sniffing needs the first 32 bytes. A GIF that ends after a frame lacks only its trailer, so it is accepted. The
    # decoder checks whether the last scan of a progressive JPEG is complete.
    end = whole.rindex(b"\xff\xda") if kind == "progressive jpeg" else len(whole) - 3
    cuts = [*range(32, end, max(1, len(whole) // 97)), end]

    # A PNG that ends within IEND is accepted too.
    last = len(whole) - 12 if kind == "png" else len(whole)
    codes = {failure(whole[:cut]) for cut in cuts if not whole[cut - 1 :].startswith(b"\0!\xf9") and cut < last}

    assert "truncated" in codes
    assert codes <= {"truncated", "corrupt"}


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_behind_the_image_are_accepted(kind: str, samples: dict[str, bytes]) -> None:
    whole = samples[kind]

    assert probe(io.BytesIO(whole + b"maker's data" * 9)) == probe(io.BytesIO(whole))


def test_a_second_picture_behind_a_jpeg_does_not_excuse_a_cut(samples: dict[str, bytes]) -> None:
    assert failure(samples["jpeg"][: len(samples["jpeg"]) // 2]) == "truncated"


def test_a_thumbnail_within_a_jpeg_is_not_its_end(samples: dict[str, bytes], save: Save, photo: Image.Image) -> None:
    thumbnail = save(photo.resize((16, 16)), "JPEG")
    assert failure(behind_start(samples["jpeg"][:-3], segment(0xE1, thumbnail))) == "truncated"


def test_a_marker_at_the_border_of_two_reads_is_found(samples: dict[str, bytes]) -> None:
    scan = samples["jpeg"].index(b"\xff\xda")
    header = samples["jpeg"][: scan + 2 + int.from_bytes(samples["jpeg"][scan + 2 : scan + 4], "big")]

    for length in range(65533, 65539):
        assert probe(io.BytesIO(header + bytes(length) + b"\xff\xd9")).width == 120
        assert failure(header + bytes(length) + b"\xff") == "truncated"


def test_a_jpeg_without_its_end_marker_is_accepted(samples: dict[str, bytes]) -> None:
    whole = probe(io.BytesIO(samples["jpeg"]))

    assert probe(io.BytesIO(samples["jpeg"][:-2])) == whole
    assert probe(io.BytesIO(samples["jpeg"][:-2] + b"dhav\x59\x19\x01\0")) == whole


def test_too_much_data_to_be_counted_is_left_to_the_decoder(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = samples["jpeg"][:-9]
    assert failure(cut) == "truncated"

    monkeypatch.setattr(blocks, "_MAX_BYTES", 100)

    assert probe(io.BytesIO(cut)).width == 120


def test_too_many_blocks_to_be_counted_are_left_to_the_decoder(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_MAX_BLOCKS", 100)

    assert probe(io.BytesIO(samples["jpeg"][:-9])).width == 120


@pytest.mark.parametrize(
    "change",
    [(b"\xff\xda\0\x0c\x03\x01\0", b"\xff\xda\0\x0c\x03\x07\0"), (b"\x03\x01\x22", b"\x03\x01\x02")],
    ids=["a scan of another component", "a sampling factor of 0"],
)
def test_of_headers_that_contradict_each_other_nothing_is_counted(
    change: tuple[bytes, bytes], samples: dict[str, bytes]
) -> None:
    assert lacks(samples["jpeg"][:-9])
    assert not lacks(samples["jpeg"][:-9].replace(*change))


def lacks(source: bytes) -> bool:
    reader = ByteReader(io.BytesIO(source), "JPEG")
    reader.skip(2)
    segments = []
    for each in read_segments(reader):
        segments.append(each)
        if each.marker == SOS:
            break
    return blocks.lacks_blocks(segments, source[segments[-1].end :])


def test_a_gif_that_lacks_only_its_trailer_is_accepted(samples: dict[str, bytes]) -> None:
    assert probe(io.BytesIO(samples["animated gif"][:-1])).frames == 4


def test_a_gif_that_ends_before_a_frame_it_announces_is_truncated(samples: dict[str, bytes]) -> None:
    announced = samples["animated gif"].rindex(b"!\xf9\x04") + 8

    assert failure(samples["animated gif"][:announced]) == "truncated"


@pytest.mark.parametrize(("loop", "plays"), [(None, 1), (0, 0), (2, 3)])
def test_a_gifs_repetitions_and_delays_are_read(
    loop: int | None, plays: int, frames: list[Image.Image], save: Save
) -> None:
    options = {} if loop is None else {"loop": loop}
    data = save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[100, 70, 250, 0], **options)

    found = probe(io.BytesIO(data))

    assert found.loop_count == plays
    assert found.durations_ms == (100, 70, 250, 100)


def test_a_webps_loop_count_and_durations_are_read(frames: list[Image.Image], save: Save) -> None:
    data = save(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=[100, 70, 255, 45], loop=3)

    found = probe(io.BytesIO(data))

    assert (found.loop_count, found.durations_ms) == (3, (100, 70, 255, 45))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_but_not_applied(
    image_format: str, orientation: int, photo: Image.Image, save: Save
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    found = probe(io.BytesIO(save(photo, image_format, exif=exif)))

    assert (found.orientation, found.width, found.height) == (orientation, 120, 80)


def test_an_animated_pngs_loop_count_and_durations_are_read(frames: list[Image.Image], save: Save) -> None:
    data = save(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=[100, 70, 255, 0], loop=3)

    found = probe(io.BytesIO(data))

    assert (found.frames, found.pixels) == (4, 4 * 64 * 48)
    assert (found.loop_count, found.durations_ms, found.notes) == (3, (100, 70, 255, 0), ())


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_file_that_is_kept_whole_nothing_is_noted(kind: str, samples: dict[str, bytes]) -> None:
    assert probe(io.BytesIO(samples[kind])).notes == ()


def test_a_png_with_a_wrong_checksum_is_corrupt(samples: dict[str, bytes]) -> None:
    data = bytearray(samples["png"])
    data[len(data) // 2] ^= 1

    assert failure(bytes(data)) == "corrupt"


def test_a_frame_beyond_a_tiny_screen_counts_with_its_own_pixels(samples: dict[str, bytes]) -> None:
    data = bytearray(samples["gif"])
    data[6:10] = struct.pack("<HH", 1, 1)

    assert probe(io.BytesIO(bytes(data))).pixels == 120 * 80


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unsupported_type"),
        (b"only text, whatever its name says", "unsupported_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1/'/></svg>", "unsupported_type"),
        (b"\xff\xd8\xff\xd9", "corrupt"),
        (b"\xff\xd8\xff<svg/>", "corrupt"),
        (b"\xff\xd8\xff\xdb\0\x01", "corrupt"),
        (b"\xff\xd8\xff\xe0\0\x01", "truncated"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rXXXX" + bytes(40), "corrupt"),
        (b"GIF89a\x01\0\x01\0\0\0\0\x3b", "corrupt"),
        (b"RIFF\x14\0\0\0WEBPVP8 \x0a\0\0\0" + bytes(12), "corrupt"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, code: str) -> None:
    assert failure(data) == code


def test_a_jpeg_that_libjpeg_cannot_decode_is_named_unsupported(samples: dict[str, bytes]) -> None:
    assert failure(samples["jpeg"].replace(b"\xff\xc0", b"\xff\xc3", 1)) == "unsupported_type"


def test_it_seeks_over_what_it_need_not_read(samples: dict[str, bytes]) -> None:
    class CountingFile(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.largest = max(self.largest, len(data))
            return data

    whole = samples["png"]
    file = CountingFile(whole[:33] + png_files.chunk(b"tEXt", b"a\0" + bytes(3_000_000)) + whole[33:])
    probe(file)

    assert file.largest <= 65536


def found(**changes: Any) -> Probe:
    return replace(Probe(100, 50, 2, 10_000, format=GIF), **changes)


def test_the_limits_themselves_are_allowed() -> None:
    check_limits(found(), Options(max_pixels=10_000, max_frames=2))


@pytest.mark.parametrize("size", [(8160, 6144), (6144, 8192), (8000, 6500)])
def test_what_telephones_call_50_megapixels_is_within_the_default(size: tuple[int, int]) -> None:
    width, height = size
    assert Options().max_pixels == ConversionSettings(_env_file=None).max_pixels
    check_limits(found(width=width, height=height, frames=1, pixels=width * height), Options())
    with pytest.raises(ConversionError, match="52000001 pixels"):
        check_limits(found(pixels=52_000_001), Options())


@pytest.mark.parametrize(
    ("probe", "code"),
    [
        (found(pixels=10_001), "too_many_pixels"),
        (found(frames=3), "too_many_frames"),
        (found(width=16384, height=1, pixels=1), "too_many_pixels"),
    ],
)
def test_beyond_the_limits_is_refused_for_good(probe: Probe, code: str) -> None:
    with pytest.raises(ConversionError) as caught:
        check_limits(probe, Options(max_pixels=10_000, max_frames=2))

    assert (caught.value.code, caught.value.retryable) == (code, False)


@pytest.mark.parametrize(("interlaced", "allowed"), [(False, True), (True, False)])
def test_an_interlaced_png_counts_what_its_decoder_holds(interlaced: bool, allowed: bool) -> None:
    header = png_files.header(7000, 7000, 16, png_files.RGBA, interlaced=interlaced)
    found = probe(io.BytesIO(header + png_files.chunk(b"IDAT", b"") + png_files.chunk(b"IEND", b"")))

    if allowed:
        check_limits(found, Options())
    else:
        with pytest.raises(ConversionError, match="without interlacing") as caught:
            check_limits(found, Options())
        assert caught.value.code == "too_many_pixels"
