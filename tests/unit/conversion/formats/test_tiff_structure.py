"""The structure of TIFF files that are written tag by tag, with a single fault."""

import struct
from collections.abc import Callable, Mapping

import pytest
from measures.structure_reading import code, read, refusal
from PIL import Image

Save = Callable[..., bytes]
Fields = Mapping[int, tuple[int, ...]]

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, OFFSETS, ORIENTATION, SAMPLES = 256, 257, 258, 259, 262, 273, 274, 277
ROWS, SIZES, PLANES, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_SIZES = 278, 279, 284, 322, 323, 324, 325
SUBFILE_TYPE, COLOUR_MAP, SAMPLE_FORMAT, DNG_VERSION = 254, 320, 339, 50706
PIXELS = bytes(range(63))
AT = 4096
"""Offset of the pixels, far beyond any directory of these tests."""
GREY: Fields = {
    WIDTH: (9,),
    HEIGHT: (7,),
    BITS: (8,),
    COMPRESSION: (1,),
    PHOTOMETRIC: (1,),
    OFFSETS: (AT,),
    SAMPLES: (1,),
    ROWS: (7,),
    SIZES: (63,),
}


def tiff(*pages: Fields, order: str = "<", big: bool = False, last: int = 0, pixels: bytes = PIXELS) -> bytes:
    """A TIFF with consecutive directories from byte 16, arrays from byte 2048, and pixels at AT."""
    count, offset, width = ("Q", "Q", 8) if big else ("H", "I", 4)
    number, letter = (16, "Q") if big else (4, "I")
    directories, arrays, at = b"", b"", 16
    for index, page in enumerate(pages):
        entries = b""
        for tag, values in sorted(page.items()):
            data = struct.pack(f"{order}{len(values)}{letter}", *values)
            if len(data) > width:
                place, arrays = 2048 + len(arrays), arrays + data
                data = struct.pack(f"{order}{offset}", place)
            entries += struct.pack(f"{order}HH{offset}", tag, number, len(values)) + data.ljust(width, b"\0")
        at += struct.calcsize(f"{order}{count}") + len(entries) + width
        following = last if index == len(pages) - 1 else at
        directories += struct.pack(f"{order}{count}", len(page)) + entries + struct.pack(f"{order}{offset}", following)
    mark = b"II" if order == "<" else b"MM"
    header = struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 16)
    body = ((mark + header).ljust(16, b"\0") + directories).ljust(2048, b"\0") + arrays
    return body.ljust(AT, b"\0") + pixels


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_the_smallest_whole_ones_are_read(order: str, big: bool) -> None:
    found = read(tiff(GREY, order=order, big=big))

    assert (found.format.name, found.width, found.height, found.pixels) == ("tiff", 9, 7, 63)
    assert (found.orientation, found.notes) == (1, ())


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_a_file_that_is_cut_anywhere_is_refused(big: bool) -> None:
    whole = tiff({**GREY, OFFSETS: (AT, AT + 36), ROWS: (4,), SIZES: (36, 27)}, big=big)
    cuts = [*range(32, 400), *range(2040, 2070), *range(AT - 2, len(whole))]

    assert {code(whole[:cut]) for cut in cuts} == {"truncated"}


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"])
def test_pillows_files_are_read_whole_and_refused_cut(compression: str | None, photo: Image.Image, save: Save) -> None:
    whole = save(photo, "TIFF", compression=compression)

    assert (read(whole).width, read(whole).height) == (120, 80)
    assert {code(whole[:cut]) for cut in range(32, len(whole), max(1, len(whole) // 97))} == {"truncated"}


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_every_kind_of_pixel_that_pillow_writes_is_read(mode: str, save: Save) -> None:
    assert read(save(Image.new(mode, (120, 80)), "TIFF")).pixels == 9600


def test_bytes_behind_the_image_are_accepted() -> None:
    assert read(tiff(GREY) + b"maker's data" * 9) == read(tiff(GREY))


@pytest.mark.parametrize(("value", "orientation"), [(1, 1), (6, 6), (8, 8), (0, 1), (9, 1)])
def test_orientation_is_read_but_not_applied(value: int, orientation: int) -> None:
    found = read(tiff({**GREY, ORIENTATION: (value,)}))

    assert (found.orientation, found.width, found.height) == (orientation, 9, 7)


class TestPages:
    def test_only_the_first_counts_and_the_others_are_noted(self) -> None:
        found = read(tiff(GREY, {**GREY, WIDTH: (5000,)}, GREY))

        assert (found.width, found.frames) == (9, 1)
        assert found.notes == ("TIFF with 3 pages: only the first is kept",)

    def test_smaller_versions_of_a_page_are_no_pages(self) -> None:
        assert read(tiff(GREY, {**GREY, SUBFILE_TYPE: (1,)})).notes == ()

    def test_directories_that_point_in_a_circle_are_counted_once(self) -> None:
        assert read(tiff(GREY, GREY, last=16)).notes == ("TIFF with 2 pages: only the first is kept",)

    def test_no_more_are_counted_than_bounded_work_allows(self) -> None:
        page = struct.pack("<HHHII", 1, ORIENTATION, 4, 1, 1)
        chain = b"".join(page + struct.pack("<I", 6000 + 18 * (index + 1)) for index in range(200))
        data = tiff(GREY, last=6000).ljust(6000, b"\0") + chain

        assert read(data).notes == ("TIFF with 100 or more pages: only the first is kept",)

    def test_a_further_page_beyond_the_end_is_truncated(self) -> None:
        assert code(tiff(GREY, last=1 << 20)) == "truncated"


class TestLies:
    @pytest.mark.parametrize("tag", [WIDTH, HEIGHT])
    def test_a_width_or_height_of_0_or_none_is_corrupt(self, tag: int) -> None:
        assert code(tiff({**GREY, tag: (0,)})) == "corrupt"
        assert code(tiff({key: value for key, value in GREY.items() if key != tag})) == "corrupt"

    @pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
    def test_a_directory_beyond_the_end_is_truncated(self, big: bool) -> None:
        data = bytearray(tiff(GREY, big=big))
        data[(8 if big else 4) : (12 if big else 8)] = struct.pack("<I", 0xFFFFFF00)
        assert code(bytes(data)) == "truncated"

    def test_a_directory_without_a_field_is_corrupt(self) -> None:
        assert code(tiff({})) == "corrupt"

    def test_a_bigtiff_with_more_fields_than_any_file_has_is_corrupt(self) -> None:
        data = bytearray(tiff(GREY, big=True))
        data[16:24] = struct.pack("<Q", 1 << 60)
        assert code(bytes(data)) == "corrupt"

    @pytest.mark.parametrize("strips", [((AT,), (64,)), ((AT + 1,), (63,)), ((0xFFFFFFFF,), (0xFFFFFFFF,))])
    def test_a_strip_beyond_the_end_is_truncated(self, strips: tuple[tuple[int], tuple[int]]) -> None:
        assert code(tiff({**GREY, OFFSETS: strips[0], SIZES: strips[1]})) == "truncated"

    @pytest.mark.parametrize("tag", [OFFSETS, SIZES])
    def test_fewer_strips_than_the_height_asks_for_are_corrupt(self, tag: int) -> None:
        strips = {**GREY, ROWS: (4,), OFFSETS: (AT, AT + 36), SIZES: (36, 27)}
        assert read(tiff(strips)).width == 9
        assert code(tiff({**strips, tag: strips[tag][:1]})) == "corrupt"
        assert code(tiff({key: value for key, value in strips.items() if key != tag})) == "corrupt"

    def test_an_empty_strip_is_corrupt(self) -> None:
        assert code(tiff({**GREY, SIZES: (0,)})) == "corrupt"

    def test_uncompressed_strips_that_are_too_short_for_the_size_are_truncated(self) -> None:
        assert code(tiff({**GREY, HEIGHT: (8,), ROWS: (8,)})) == "truncated"
        assert read(tiff({**GREY, HEIGHT: (8,), ROWS: (8,), COMPRESSION: (5,)})).height == 8

    def test_one_strip_may_be_said_to_have_all_rows_there_could_be(self) -> None:
        assert read(tiff({**GREY, ROWS: (0xFFFFFFFF,)})).height == 7

    @pytest.mark.parametrize("tag", [ROWS, TILE_WIDTH, TILE_HEIGHT])
    def test_strips_and_tiles_without_an_extent_are_corrupt(self, tag: int) -> None:
        tiles = {} if tag == ROWS else {TILE_OFFSETS: (AT,), TILE_SIZES: (63,), TILE_WIDTH: (16,), TILE_HEIGHT: (16,)}
        assert code(tiff({**GREY, **tiles, tag: (0,)})) == "corrupt"

    def test_separate_planes_need_strips_of_their_own(self) -> None:
        planes = {**GREY, SAMPLES: (3,), PLANES: (2,), PHOTOMETRIC: (2,), BITS: (8, 8, 8)}
        assert read(tiff({**planes, OFFSETS: (AT,) * 3, SIZES: (63,) * 3})).width == 9
        assert code(tiff(planes)) == "corrupt"

    def test_an_array_beyond_the_end_is_truncated(self) -> None:
        data = tiff({**GREY, ROWS: (1,), OFFSETS: (AT,) * 7, SIZES: (9,) * 7})
        assert (
            code(data.replace(struct.pack("<HHII", OFFSETS, 4, 7, 2048), struct.pack("<HHII", OFFSETS, 4, 7, 8000)))
            == "truncated"
        )

    def test_a_size_that_is_refused_anyway_is_not_checked_piece_by_piece(self) -> None:
        huge = {**GREY, WIDTH: (0xFFFFFFFF,), HEIGHT: (0xFFFFFFFF,), ROWS: (1,)}
        assert read(tiff(huge)).pixels == 0xFFFFFFFF**2

    def test_more_tiles_than_any_picture_needs_are_refused_before_they_are_read(self) -> None:
        count, tags = 2_000_000, (TILE_OFFSETS, TILE_SIZES)
        tiles = {TILE_WIDTH: (1,), TILE_HEIGHT: (1,), **dict.fromkeys(tags, (1, 1))}
        data = tiff({**GREY, **tiles, WIDTH: (2000,), HEIGHT: (1000,)}, pixels=struct.pack("<I", 1) * count)
        for index, tag in enumerate(tags):
            arrays = struct.pack("<HHII", tag, 4, 2, 2048 + 8 * index)
            assert arrays in data
            data = data.replace(arrays, struct.pack("<HHII", tag, 4, count, AT))
        assert code(data) == "corrupt"


def test_tiles_within_the_file_are_accepted_and_beyond_it_truncated() -> None:
    tiled = {key: value for key, value in GREY.items() if key not in {OFFSETS, SIZES, ROWS}}
    tiles = {**tiled, TILE_WIDTH: (16,), TILE_HEIGHT: (16,), TILE_OFFSETS: (AT,), TILE_SIZES: (256,)}

    assert read(tiff(tiles, pixels=bytes(256))).width == 9
    assert code(tiff(tiles, pixels=bytes(255))) == "truncated"
    assert code(tiff({**tiles, TILE_SIZES: (255,)}, pixels=bytes(256))) == "truncated"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({COMPRESSION: (6,)}, "compression (6)"),
        ({COMPRESSION: (34712,)}, "compression (34712)"),
        ({PHOTOMETRIC: (32803,)}, "raw file"),
        ({PHOTOMETRIC: (34892,)}, "raw file"),
        ({PHOTOMETRIC: (4,)}, "colours of a kind (4)"),
        ({SAMPLE_FORMAT: (3,)}, "sample format (3)"),
        ({BITS: (64,)}, "bits a sample (64)"),
        ({SAMPLES: (17,)}, "17 channels"),
        ({SAMPLES: (2,), BITS: (4,)}, "2 channels of 4 bit"),
        ({COMPRESSION: (7,), PHOTOMETRIC: (5,), SAMPLES: (4,), TILE_WIDTH: (16,)}, "CMYK colours in JPEG tiles"),
        ({DNG_VERSION: (1,)}, "raw file"),
    ],
)
def test_what_no_picture_for_the_web_has_is_named_unsupported(fields: Fields, word: str) -> None:
    found, message = refusal(tiff({**GREY, **fields}))

    assert found == "unsupported_type"
    assert word in message


@pytest.mark.parametrize(("photometric", "channels"), [(2, 3), (5, 4), (6, 3), (8, 3)])
def test_colours_need_their_channels(photometric: int, channels: int) -> None:
    fields = {**GREY, PHOTOMETRIC: (photometric,), SIZES: (9 * 7 * channels,)}
    pixels = bytes(9 * 7 * channels)

    assert read(tiff({**fields, SAMPLES: (channels,)}, pixels=pixels)).width == 9
    assert code(tiff({**fields, SAMPLES: (channels - 1,)}, pixels=pixels)) == "corrupt"


@pytest.mark.parametrize("planes", [1, 2])
def test_a_picture_without_channels_is_corrupt(planes: int) -> None:
    assert code(tiff({**GREY, SAMPLES: (0,), PLANES: (planes,)})) == "corrupt"


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_a_palette_has_a_colour_for_every_value(bits: int) -> None:
    fields = {**GREY, PHOTOMETRIC: (3,), BITS: (bits,)}
    colours = 3 << bits

    assert read(tiff({**fields, COLOUR_MAP: (0,) * colours})).width == 9
    assert code(tiff({**fields, COLOUR_MAP: (0,) * (colours - 1)})) == "corrupt"
    assert code(tiff(fields)) == "corrupt"


def test_a_canon_raw_file_is_not_taken_for_a_tiff() -> None:
    whole = tiff(GREY)

    assert code(whole[:8] + b"CR\x02\0" + whole[12:]) == "unsupported_type"
