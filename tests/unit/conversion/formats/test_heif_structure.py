"""The structure of HEIC and AVIF files: written by libheif and libavif, and box by box with a single fault."""

import io
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import pillow_heif
import pytest
from files.heif import box, full
from imagejobs.conversion.formats.heif import structure as heif_structure
from imagejobs.conversion.formats.heif.items import Item
from imagejobs.conversion.formats.heif.transforms import area
from imagejobs.conversion.formats.registry import sniff
from measures.structure_reading import code, read, refusal
from PIL import Image

Save = Callable[..., bytes]
PRIMARY_OF_AVIF = ["avif", "mif1", "miaf"]
SIZE = (96, 64)


def ftyp(*brands: str) -> bytes:
    return box("ftyp", brands[0].encode(), bytes(4), *(brand.encode() for brand in brands[1:]))


def ispe(width: int, height: int) -> bytes:
    return full("ispe", struct.pack(">II", width, height))


def clap(*numbers: int) -> bytes:
    return box("clap", struct.pack(">8i", *numbers))


def entry(number: int, kind: str = "av01", flags: int = 0) -> bytes:
    return full("infe", struct.pack(">HH", number, 0), kind.encode(), b"\0", version=2, flags=flags)


def location(number: int, *extents: tuple[int, int], method: int = 0) -> bytes:
    head = struct.pack(">HHHH", number, method, 0, len(extents))
    return head + b"".join(struct.pack(">II", *extent) for extent in extents)


def reference(kind: str, source: int, *targets: int) -> bytes:
    return box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))


PICTURE = entry(1)
DATA_AT = 3000


def avif(
    *,
    brands: Sequence[str] = PRIMARY_OF_AVIF,
    entries: Sequence[bytes] = (PICTURE,),
    locations: Sequence[bytes] = (location(1, (DATA_AT, 9)),),
    properties: Sequence[bytes] = (ispe(*SIZE),),
    applied: Sequence[tuple[int, Sequence[int]]] = ((1, (1,)),),
    references: Sequence[bytes] = (),
    rest: bytes = b"",
    primary: int = 1,
) -> bytes:
    """An AVIF whose picture data is nine bytes at DATA_AT."""
    associations = b"".join(struct.pack(f">HB{len(each)}B", item, len(each), *each) for item, each in applied)
    iprp = box("iprp", box("ipco", *properties), full("ipma", struct.pack(">I", len(applied)), associations))
    meta = full(
        "meta",
        full("hdlr", bytes(4), b"pict", bytes(13)),
        full("pitm", struct.pack(">H", primary)),
        full("iinf", struct.pack(">H", len(entries)), *entries),
        full("iloc", b"\x44\0", struct.pack(">H", len(locations)), *locations, version=1),
        iprp,
        full("iref", *references) if references else b"",
        rest,
    )
    return (ftyp(*brands) + meta).ljust(DATA_AT, b"\0") + b"AV1 bytes"


def heic(picture: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture).save(buffer, quality=50, **options)
    return buffer.getvalue()


def oriented(number: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = number
    return exif.tobytes()


@pytest.fixture
def files(photo: Image.Image, save: Save) -> dict[str, bytes]:
    with_alpha = photo.convert("RGBA")
    with_alpha.putalpha(Image.linear_gradient("L").resize(photo.size))
    return {
        "heic": heic(photo),
        "heic with alpha": heic(with_alpha),
        "heic grid": heic(photo.resize((300, 200)), tile_size=64),
        "avif": save(photo, "AVIF"),
        "avif with alpha": save(with_alpha, "AVIF"),
    }


KINDS = ["heic", "heic with alpha", "heic grid", "avif", "avif with alpha"]


@pytest.mark.parametrize("kind", KINDS)
def test_real_files_are_read(kind: str, files: dict[str, bytes]) -> None:
    found = read(files[kind])

    assert found.format.name == kind[:4]
    assert (found.width, found.height) == ((300, 200) if "grid" in kind else (120, 80))
    assert (found.orientation, found.notes) == (1, ())


@pytest.mark.parametrize("kind", KINDS)
def test_real_files_that_are_cut_anywhere_are_refused(kind: str, files: dict[str, bytes]) -> None:
    whole = files[kind]

    assert {code(whole[:cut]) for cut in range(32, len(whole), max(1, len(whole) // 211))} == {"truncated"}
    assert code(whole[:-1]) == "truncated"


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_behind_the_image_are_accepted(kind: str, files: dict[str, bytes]) -> None:
    assert read(files[kind] + b"maker's data" * 9) == read(files[kind])


@pytest.mark.parametrize("image_format", ["heic", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_the_upright_one_and_exif_turns_nothing_more(
    orientation: int, image_format: str, photo: Image.Image, save: Save
) -> None:
    exif = oriented(orientation)
    found = read(heic(photo, exif=exif) if image_format == "heic" else save(photo, "AVIF", exif=exif))

    assert (found.width, found.height) == ((80, 120) if orientation >= 5 else (120, 80))
    assert found.orientation == 1


def test_tiles_beyond_the_edge_cost_what_they_are(files: dict[str, bytes]) -> None:
    assert read(files["heic grid"]).pixels == 320 * 256


def test_of_several_pictures_the_primary_one_counts(photo: Image.Image) -> None:
    several = pillow_heif.from_pillow(photo.resize((64, 64)))
    several.add_from_pillow(photo)
    buffer = io.BytesIO()
    several.save(buffer, primary_index=1)

    found = read(buffer.getvalue())

    assert (found.width, found.height) == (120, 80)
    assert found.notes == ("HEIC with 2 pictures: only the primary one is kept",)


def test_thumbnails_are_no_pictures(photo: Image.Image) -> None:
    picture = pillow_heif.from_pillow(photo)
    cast("Any", picture[0].info)["thumbnails"] = [32]
    buffer = io.BytesIO()
    picture.save(buffer)

    assert b"thmb" in buffer.getvalue()
    assert read(buffer.getvalue()).notes == ()


def test_a_sequence_counts_as_its_still(photo: Image.Image, save: Save) -> None:
    data = save(photo, "AVIF", save_all=True, append_images=[photo.rotate(180), photo])

    found = read(data)

    assert (found.width, found.frames) == (120, 1)
    assert found.notes == ("AVIF sequence: only its still picture is kept",)


def test_the_smallest_whole_one_is_read() -> None:
    found = read(avif())

    assert (found.format.name, found.width, found.height, found.pixels, found.notes) == ("avif", 96, 64, 96 * 64, ())


@pytest.mark.parametrize(
    ("brands", "name"),
    [
        (["avif"], "avif"),
        (["avis", "avif"], "avif"),
        (["mif1", "miaf", "avif"], "avif"),
        (["heic"], "heic"),
        (["heix"], "heic"),
        (["msf1", "mif1", "heic"], "heic"),
        (["mif1", "heic", "avif"], "heic"),
        (["mif1", "avif", "heic"], "avif"),
        (["mif1"], None),
        (["isom", "avif"], None),
        (["qt  "], None),
        (["jpeg", "mif1"], None),
    ],
)
def test_the_brands_say_which_of_the_two_it_is(brands: list[str], name: str | None) -> None:
    found = sniff((ftyp(*brands) + bytes(32))[:32])

    assert (found.name if found else None) == name


class TestTransforms:
    def transformed(self, *properties: bytes) -> tuple[int, int]:
        found = read(avif(properties=(ispe(*SIZE), *properties), applied=((1, range(1, len(properties) + 2)),)))
        return found.width, found.height

    @pytest.mark.parametrize(("turns", "size"), [(0, (96, 64)), (1, (64, 96)), (2, (96, 64)), (3, (64, 96))])
    def test_quarter_turns_swap_the_sides(self, turns: int, size: tuple[int, int]) -> None:
        assert self.transformed(box("irot", bytes([turns]))) == size

    def test_mirroring_keeps_them(self) -> None:
        assert self.transformed(box("imir", b"\1")) == (96, 64)

    def test_cropping_comes_before_turning(self) -> None:
        assert self.transformed(clap(50, 1, 40, 1, 0, 1, 0, 1), box("irot", b"\1")) == (40, 50)

    @pytest.mark.parametrize(
        ("numbers", "size"),
        [
            ((51, 1, 40, 1, 0, 1, 0, 1), (51, 40)),
            ((50, 1, 41, 1, 3, 1, -2, 1), (50, 41)),
            ((101, 2, 40, 1, 0, 1, 0, 1), (51, 40)),
            ((100, 2, 81, 2, 1, 2, 1, 3), (50, 41)),
            ((95, 1, 63, 1, 3, 1, -3, 1), (93, 61)),
        ],
    )
    def test_cropping_between_pixels_is_rounded_as_libheif_does(
        self, numbers: tuple[int, ...], size: tuple[int, int]
    ) -> None:
        assert self.transformed(clap(*numbers)) == size

    def test_cropping_reaches_no_further_than_the_picture(self) -> None:
        assert self.transformed(clap(500, 1, 40, 1, 0, 1, 0, 1)) == (96, 40)

    @pytest.mark.parametrize(
        "numbers", [(5, 0, 4, 1, 0, 1, 0, 1), (5, 1, 4, 1, 900, 1, 0, 1), (0, 1, 0, 1, 0, 1, 0, 1)]
    )
    def test_cropping_by_the_impossible_is_corrupt(self, numbers: tuple[int, ...]) -> None:
        data = avif(properties=(ispe(*SIZE), clap(*numbers)), applied=((1, (1, 2)),))
        assert code(data) == "corrupt"

    @pytest.mark.parametrize("size", [(0, 7), (9, 0)])
    def test_a_width_or_height_of_0_is_corrupt(self, size: tuple[int, int]) -> None:
        assert code(avif(properties=(ispe(*size),))) == "corrupt"

    def test_a_picture_without_a_size_is_corrupt(self) -> None:
        assert code(avif(applied=((1, ()),))) == "corrupt"


class TestItems:
    def test_a_picture_of_another_codec_is_named_unsupported(self) -> None:
        found, message = refusal(avif(entries=(entry(1, "vvc1"),)))
        assert found == "unsupported_type"
        assert "vvc1" in message

    def test_hevc_under_the_name_of_avif_is_unsupported(self) -> None:
        assert code(avif(entries=(entry(1, "hvc1"),))) == "unsupported_type"

    def test_a_primary_item_that_is_not_there_is_corrupt(self) -> None:
        assert code(avif(primary=2)) == "corrupt"

    def test_a_picture_without_data_is_corrupt(self) -> None:
        assert code(avif(locations=())) == "corrupt"
        assert code(avif(locations=(location(1),))) == "corrupt"

    @pytest.mark.parametrize("extent", [(DATA_AT, 10), (DATA_AT + 1, 9), (DATA_AT + 9, 0), (0xFFFFFFFF, 0xFFFFFFFF)])
    def test_data_beyond_the_end_is_truncated(self, extent: tuple[int, int]) -> None:
        assert code(avif(locations=(location(1, extent),))) == "truncated"

    def test_data_up_to_the_end_is_accepted(self) -> None:
        assert read(avif(locations=(location(1, (DATA_AT, 0)),))).width == 96

    def test_any_items_data_beyond_the_end_is_truncated(self) -> None:
        locations = (location(1, (DATA_AT, 9)), location(2, (DATA_AT, 10)))
        assert code(avif(entries=(PICTURE, entry(2, "Exif")), locations=locations)) == "truncated"

    def test_data_within_the_description_must_be_there(self) -> None:
        inside = avif(locations=(location(1, (0, 4), method=1),), rest=box("idat", b"AV1!"))
        beyond = avif(locations=(location(1, (1, 4), method=1),), rest=box("idat", b"AV1!"))
        assert read(inside).width == 96
        assert code(beyond) == "corrupt"

    def test_a_property_that_is_not_there_is_corrupt(self) -> None:
        assert code(avif(applied=((1, (1, 2)),))) == "corrupt"


class TestGrids:
    ENTRIES = (entry(1, "grid"), entry(2), entry(3))
    LOCATIONS = tuple(location(number, (DATA_AT, 9)) for number in (1, 2, 3))

    def grid(self, *references: bytes, entries: Sequence[bytes] = ENTRIES, tile: tuple[int, int] = SIZE) -> bytes:
        return avif(
            entries=entries,
            locations=self.LOCATIONS,
            properties=(ispe(100, 60), ispe(*tile)),
            applied=((1, (1,)), (2, (2,)), (3, (2,))),
            references=references,
        )

    def test_all_tiles_are_counted(self) -> None:
        found = read(self.grid(reference("dimg", 1, 2, 3)))
        assert (found.width, found.height, found.pixels, found.notes) == (100, 60, 2 * 96 * 64, ())

    def test_one_tile_many_times_is_counted_as_often(self) -> None:
        assert read(self.grid(reference("dimg", 1, *[2] * 1000))).pixels == 1000 * 96 * 64

    def test_a_small_picture_of_huge_tiles_does_not_pass_for_small(self) -> None:
        assert read(self.grid(reference("dimg", 1, 2, 3), tile=(16000, 16000))).pixels == 2 * 16000**2

    def test_one_without_tiles_is_corrupt(self) -> None:
        assert code(self.grid()) == "corrupt"

    def test_one_of_tiles_that_are_not_there_is_corrupt(self) -> None:
        assert code(self.grid(reference("dimg", 1, 2, 9))) == "corrupt"

    def test_one_of_itself_or_of_grids_is_unsupported(self) -> None:
        assert code(self.grid(reference("dimg", 1, 1))) == "unsupported_type"
        nested = (entry(1, "grid"), entry(2, "grid"), entry(3))
        assert code(self.grid(reference("dimg", 1, 2), reference("dimg", 2, 1), entries=nested)) == "unsupported_type"

    def test_transparency_that_is_larger_than_its_picture_costs_what_it_is(self) -> None:
        data = avif(
            entries=(PICTURE, entry(2)),
            locations=(location(1, (DATA_AT, 9)), location(2, (DATA_AT, 9))),
            properties=(ispe(*SIZE), ispe(9000, 9000)),
            applied=((1, (1,)), (2, (2,))),
            references=(reference("auxl", 2, 1),),
        )
        assert (read(data).width, read(data).pixels) == (96, 9000**2)


class TestBoxes:
    @pytest.mark.parametrize("kind", ["pitm", "iinf", "iloc", "iprp", "ipco"])
    def test_a_description_that_lacks_a_box_is_corrupt(self, kind: str) -> None:
        assert code(avif().replace(kind.encode(), b"free", 1)) == "corrupt"

    @pytest.mark.parametrize("kind", ["pitm", "iinf", "iloc", "iprp", "ipco", "ipma", "ispe", "infe"])
    @pytest.mark.parametrize("size", [1, 7, 9, 0x7FFFFFFF])
    def test_a_box_of_impossible_length_is_corrupt(self, size: int, kind: str) -> None:
        data = avif()
        at = data.index(kind.encode()) - 4
        assert code(data[:at] + struct.pack(">I", size) + data[at + 4 :]) == "corrupt"

    def test_a_size_of_64_bits_is_read(self) -> None:
        picture = avif(locations=(location(1, (DATA_AT + 16, 9)),))
        wide = struct.pack(">I4sQ", 1, b"free", 16)
        start = picture.index(b"meta") - 4
        assert read(picture[:start] + wide + picture[start:]).width == 96

    def test_a_description_beyond_the_end_is_truncated(self) -> None:
        data = avif()
        at = data.index(b"meta") - 4
        assert code(data[:at] + struct.pack(">I", len(data)) + data[at + 4 :]) == "truncated"

    def test_a_description_that_is_too_large_to_be_one_is_corrupt(self) -> None:
        assert code(ftyp(*PRIMARY_OF_AVIF) + box("meta", bytes(3 << 20))) == "corrupt"

    def test_a_file_without_a_description_is_truncated(self) -> None:
        assert code(ftyp(*PRIMARY_OF_AVIF) + box("mdat", bytes(99))) == "truncated"

    def test_a_film_without_a_still_is_named_unsupported(self) -> None:
        assert code(ftyp("avis", "msf1") + box("moov", bytes(99))) == "unsupported_type"

    @pytest.mark.parametrize("brands", [["avis", "avif"], ["avif", "avis"], ["heic", "msf1"], ["hevc", "heic"]])
    @pytest.mark.parametrize("moov_first", [False, True])
    def test_a_film_without_a_primary_item_is_named_so(self, brands: list[str], moov_first: bool) -> None:
        """An animation may have a `meta` box that describes no picture."""
        film = [box("moov", bytes(99)), full("meta", full("hdlr", bytes(4), b"pict", bytes(13)))]

        found, message = refusal(ftyp(*brands) + b"".join(film if moov_first else film[::-1]))

        assert found == "unsupported_type"
        assert "is a film without a still picture" in message

    @pytest.mark.parametrize("brands", [["avif", "avis"], ["heic", "msf1"]])
    def test_a_film_without_a_description_is_named_so(self, brands: list[str]) -> None:
        assert code(ftyp(*brands) + box("moov", bytes(99)) + box("mdat", bytes(9))) == "unsupported_type"

    def test_a_description_that_lasts_until_the_end_of_the_file_is_read(self) -> None:
        data = avif()
        at = data.index(b"meta") - 4
        opened = data[:at] + bytes(4) + data[at + 4 : DATA_AT - 24]
        opened += box("free").ljust(8) + struct.pack(">I4s", 16 + 9, b"mdat") + bytes(8) + b"AV1 bytes"

        assert read(opened) == read(data)
        assert read(opened[: DATA_AT - 16] + struct.pack(">I", 1 << 24) + opened[DATA_AT - 12 :]) == read(data)


class TestBoundedWork:
    def timed(self, data: bytes) -> str:
        started = time.process_time()
        found = code(data)
        assert time.process_time() - started < 5
        return found

    def test_a_description_behind_hundreds_of_boxes_is_not_looked_for(self) -> None:
        picture = avif()
        start = picture.index(b"meta") - 4
        assert self.timed(picture[:start] + box("free") * 500 + picture[start:]) == "truncated"

    def test_extents_that_take_no_bytes(self) -> None:
        nothing = struct.pack(">HHHH", 1, 0, 0, 0xFFFF)
        data = avif(locations=[nothing] * 0xFFFF).replace(b"\x44\0\xff\xff", b"\0\0\xff\xff", 1)
        assert self.timed(data) == "corrupt"

    def test_associations_without_end(self) -> None:
        assert self.timed(avif(applied=[(1, [1] * 255)] * 5000)) == "corrupt"

    def test_a_part_that_many_layers_share_is_measured_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        measured: list[Item] = []

        def area_noted(item: Item) -> int:
            measured.append(item)
            return area(item)

        monkeypatch.setattr(heif_structure, "area", area_noted)
        layers = range(3, 203)
        data = avif(
            entries=(PICTURE, entry(2), *(entry(each, "grid") for each in layers)),
            locations=(location(1, (40000, 9)),),
            properties=(ispe(*SIZE), box("free")),
            applied=((1, (1,)), (2, (*[2] * 200, 1)), *((each, (1,)) for each in layers)),
            references=[
                each for layer in layers for each in (reference("auxl", layer, 1), reference("dimg", layer, 2))
            ],
        ).ljust(40009, b"\0")

        assert read(data).pixels == 96 * 64
        assert len(measured) == 1 + 1 + len(layers)

    def test_one_tile_a_great_many_times_behind_many_properties(self) -> None:
        properties = [box("free")] * 122 + [ispe(*SIZE)]
        data = avif(
            entries=(entry(1, "grid"), entry(2)),
            locations=(location(1, (DATA_AT, 9)), location(2, (DATA_AT, 9))),
            properties=properties,
            applied=((1, (123,)), (2, range(1, 124))),
            references=[reference("dimg", 1, *[2] * 65535)] * 10,
        )
        started = time.process_time()
        assert read(data).pixels == 655350 * 96 * 64
        assert time.process_time() - started < 5
