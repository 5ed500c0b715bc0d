"""Every accepted layout of TIFF samples shows the picture that is calculated here from the stored numbers."""

import io
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from files import tiff
from files.tiff import Layout, write_tiff
from imagejobs.conversion.decoding.decode import decode as read_frames
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.probe import probe
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from imagejobs.conversion.pipeline import PREPARATION
from imagejobs.conversion.processing.steps import Preparation
from measures.decoded_pictures import Pixels, decode, difference, on_ground, photo
from numpy.typing import NDArray

pytestmark = pytest.mark.skipif(
    "tiff" not in {each.name for each in readable_formats()}, reason="this ImageMagick reads no TIFF"
)
Numbers = NDArray[np.float64]
WIDTH, HEIGHT = 37, 21
COLOUR: Numbers = photo(WIDTH, HEIGHT) / 255
GREY: Numbers = COLOUR[..., :1]
INKS: Numbers = np.dstack([COLOUR, GREY / 2])
ALPHA: Numbers = np.linspace(0.2, 1, WIDTH)[None, :, None].repeat(HEIGHT, axis=0)

PLACES: dict[str, dict[str, Any]] = {"a strip": {}, "strips": {"rows": 8}, "tiles": {"tile": (16, 16)}}
STORED: dict[str, dict[str, Any]] = {
    f"{order} {place} {compression} {fill_order}": {
        "order": order,
        "compression": compression,
        "fill_order": fill_order,
        **PLACES[place],
    }
    for order, place, compression, fill_order in [
        (">", "a strip", tiff.ZIP, 1),
        (">", "strips", tiff.NONE, 2),
        ("<", "strips", tiff.PACKBITS, 1),
        ("<", "tiles", tiff.LZW, 2),
    ]
}
"""Each byte order, place, compression and fill order at least once. All combinations are not needed: ImageMagick's
misreadings of a layout do not depend on them.
"""


def quantized(values: Numbers, bits: int) -> tuple[tiff.Samples, Numbers]:
    """The integers that are stored for values of 0 to 1, and the values that they stand for."""
    top = (1 << bits) - 1
    stored = np.rint(values * top).astype(np.int64)
    return stored, stored / top


def shown(source: bytes) -> Pixels:
    """The RGBA pixels before encoding, which is left out because it takes most of a conversion's time."""
    found = probe(io.BytesIO(source))
    (frame,) = read_frames(source, found, (found.width, found.height))
    preparation = Preparation((found.width, found.height), found.orientation)
    with frame:
        for step in PREPARATION:
            step(frame, preparation)
        pixels = np.frombuffer(frame.export_bytes("RGBA"), np.uint8).reshape(frame.height, frame.width, 4).copy()
        if not frame.alpha_channel:
            pixels[..., 3] = 255
    return pixels


def check(samples: tiff.Samples, layout: Layout, colour: Numbers, alpha: Numbers | None = None) -> None:
    """Check the picture in every way of storing its strips or tiles. `colour` and `alpha` are 0 to 1."""
    opaque = np.ones_like(ALPHA) if alpha is None else alpha
    expected = np.rint(np.dstack([np.broadcast_to(colour, (HEIGHT, WIDTH, 3)), opaque]) * 255)
    planes = (tiff.CONTIGUOUS, tiff.SEPARATE) if samples.shape[2] > 1 and layout.chroma == (1, 1) else (1,)
    for name, stored in STORED.items():
        for plane in planes:
            for predictor in (1, 2) if _takes_predictor(layout, stored["compression"]) else (1,):
                whole = replace(layout, **stored, planes=plane, predictor=predictor)
                result = shown(write_tiff(samples, whole))
                for ground in ((0, 0, 0), (255, 255, 255)):
                    apart = difference(on_ground(result, ground), on_ground(expected, ground))
                    assert apart < 1.5, f"{name}, planes {plane}, predictor {predictor}: {apart:.1f} apart"


def _takes_predictor(layout: Layout, compression: object) -> bool:
    return compression == tiff.LZW and layout.bits >= 8 and layout.chroma == (1, 1)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("white_is_zero", [False, True], ids=["black is 0", "white is 0"])
def test_grey(white_is_zero: bool, bits: int) -> None:
    stored, value = quantized(GREY, bits)

    check(stored, Layout(int(not white_is_zero), bits), 1 - value if white_is_zero else value)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_rgb(bits: int) -> None:
    stored, value = quantized(COLOUR, bits)

    check(stored, Layout(tiff.RGB, bits), value)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_cmyk(bits: int) -> None:
    stored, value = quantized(INKS, bits)

    check(stored, Layout(tiff.INKS, bits), (1 - value[..., :3]) * (1 - value[..., 3:]))


@pytest.mark.parametrize("wide", [True, False], ids=["16 bits an entry", "8 bits an entry"])
@pytest.mark.parametrize("bits", [2, 4, 8, 16])
def test_palettes(bits: int, wide: bool) -> None:
    """As in libtiff, a palette whose entries are all below 256 is taken for 8-bit."""
    stored, _ = quantized(GREY, bits)
    entries = np.random.default_rng(bits).integers(0, 256, (3, 256))[:, np.arange(1 << bits) * 256 >> bits]
    fields = {320: tuple((entries * (257 if wide else 1)).ravel().tolist())}

    check(stored, Layout(tiff.PALETTE, bits, fields=fields), entries[:, stored[..., 0]].transpose(1, 2, 0) / 255)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize(
    ("colours", "kind"),
    [(each, kind) for each in ("black is 0", "white is 0", "RGB") for kind in (None, 0, 1, 2)]
    + [("CMYK", None), ("CMYK", 0), ("CMYK", 2)],
)
def test_a_further_channel(colours: str, kind: int | None, bits: int) -> None:
    """A channel of unstated kind is alpha, as in Pillow and libvips. CMYK with premultiplied alpha is refused."""
    photometric, light = {
        "black is 0": (tiff.BLACK_IS_ZERO, GREY),
        "white is 0": (tiff.WHITE_IS_ZERO, GREY),
        "RGB": (tiff.RGB, COLOUR),
        "CMYK": (tiff.INKS, (1 - INKS[..., :3]) * (1 - INKS[..., 3:])),
    }[colours]
    shown = light * ALPHA if kind == 1 else light
    values = {"white is 0": 1 - shown, "CMYK": INKS}.get(colours, shown)
    stored, _ = quantized(np.dstack([values, ALPHA]), bits)
    fields = {} if kind is None else {338: (kind,)}

    check(stored, Layout(photometric, bits, fields=fields), light, None if kind == 0 else ALPHA)


@pytest.mark.parametrize("tile", [None, (16, 16)], ids=["strips", "tiles"])
@pytest.mark.parametrize("kind", [0, 1, 2], ids=["no alpha", "premultiplied", "straight"])
def test_rgb_and_a_further_channel_in_jpeg(kind: int, tile: tuple[int, int] | None) -> None:
    """libtiff's RGBA interface premultiplies straight alpha; Pillow and libvips undo that, and so does the service."""
    light = photo(64, 48) / 255
    alpha = np.linspace(0.3, 1, 64)[None, :, None].repeat(48, axis=0)
    stored, _ = quantized(np.dstack([light * alpha if kind == 1 else light, alpha]), 8)

    result = shown(
        write_tiff(stored, Layout(tiff.RGB, rows=16, tile=tile, compression=tiff.JPEG, fields={338: (kind,)}))
    )

    expected = np.rint(np.dstack([light, alpha if kind else np.ones_like(alpha)]) * 255)
    for ground in ((0, 0, 0), (255, 255, 255)):
        assert difference(on_ground(result, ground), on_ground(expected, ground)) < 3


@pytest.mark.parametrize("kinds", [(0, 0), (0, 2), (2, 0), (1, 0)])
def test_several_further_channels(kinds: tuple[int, int]) -> None:
    """The kind of the first extra channel decides whether the picture has alpha."""
    shown = COLOUR * ALPHA if kinds[0] == 1 else COLOUR
    stored, _ = quantized(np.dstack([shown, ALPHA, 1 - ALPHA]), 8)

    check(stored, Layout(tiff.RGB, fields={338: kinds}), COLOUR, ALPHA if kinds[0] else None)


@pytest.mark.parametrize("kind", [None, 0, 2], ids=["not said", "no alpha", "straight"])
def test_a_palette_and_a_further_channel(kind: int | None) -> None:
    stored, value = quantized(np.dstack([GREY, ALPHA]), 8)
    fields = {320: tuple(range(0, 65536, 257)) * 3} | ({} if kind is None else {338: (kind,)})

    check(stored, Layout(tiff.PALETTE, fields=fields), value[..., :1], None if kind == 0 else ALPHA)


REC_601, REC_709 = (0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722)


def ycbcr(colour: Numbers, shares: tuple[float, float, float] = REC_601) -> Numbers:
    """Luma of 0 to 255, and Cb and Cr of -128 to 127 (TIFF 6.0, section 21)."""
    red, green, blue = np.moveaxis(colour * 255, -1, 0)
    luma = shares[0] * red + shares[1] * green + shares[2] * blue
    return np.stack([luma, (blue - luma) / (2 - 2 * shares[2]), (red - luma) / (2 - 2 * shares[0])], axis=-1)


def full_range(values: Numbers) -> tiff.Samples:
    """8-bit samples of luma and chroma in full range, with 128 as the middle of chroma."""
    return np.asarray(np.rint(values + np.array([0, 128, 128])).clip(0, 255), np.int64)


@pytest.mark.parametrize("positioning", [1, 2], ids=["centred", "cosited"])
@pytest.mark.parametrize("chroma", [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4)])
def test_ycbcr_of_every_subsampling(chroma: tuple[int, int], positioning: int) -> None:
    """A block has one colour, whatever YCbCrPositioning says, as in Pillow and libvips."""
    across, down = chroma
    values = ycbcr(COLOUR)
    blocks = values[np.arange(HEIGHT) // down * down][:, np.arange(WIDTH) // across * across]
    luma, cb, cr = values[..., 0], blocks[..., 1], blocks[..., 2]
    red, blue = luma + 1.402 * cr, luma + 1.772 * cb
    expected = np.stack([red, (luma - 0.299 * red - 0.114 * blue) / 0.587, blue], axis=-1).clip(0, 255) / 255

    layout = Layout(tiff.YCBCR, chroma=chroma, fields={530: chroma, 531: (positioning,)})
    check(full_range(values), layout, expected)


def test_ycbcr_without_a_word_on_its_subsampling_has_two_by_two() -> None:
    flat = np.broadcast_to(ycbcr(COLOUR)[10, 18], (HEIGHT, WIDTH, 3))

    check(full_range(flat), Layout(tiff.YCBCR, chroma=(2, 2), without=(530,)), COLOUR[10, 18])


def test_ycbcr_in_the_range_of_video() -> None:
    """Luma is 16 to 235 and chroma 16 to 240, as ffmpeg writes and declares it in ReferenceBlackWhite."""
    stored = np.rint(ycbcr(COLOUR) * [219 / 255, 224 / 255, 224 / 255] + [16, 128, 128]).astype(np.int64)
    reference = ((16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1))

    check(stored, Layout(tiff.YCBCR, fields={530: (1, 1), 532: reference}), COLOUR)


def test_ycbcr_of_other_coefficients() -> None:
    fields: dict[int, Any] = {530: (1, 1), 529: tuple((round(share * 10000), 10000) for share in REC_709)}

    check(full_range(ycbcr(COLOUR, REC_709)), Layout(tiff.YCBCR, fields=fields), COLOUR)


def test_ycbcr_of_16_bits() -> None:
    stored = np.rint(ycbcr(COLOUR) * 257 + [0, 32768, 32768]).clip(0, 65535).astype(np.int64)

    check(stored, Layout(tiff.YCBCR, 16, fields={530: (1, 1)}), COLOUR)


def test_ycbcr_with_alpha() -> None:
    with_alpha = np.dstack([full_range(ycbcr(COLOUR)), np.rint(ALPHA * 255).astype(np.int64)])
    check(with_alpha, Layout(tiff.YCBCR, fields={530: (1, 1), 338: (2,)}), COLOUR, ALPHA)


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_the_orientation_of_what_is_read_here_is_applied_once(big: bool) -> None:
    layout = Layout(tiff.YCBCR, chroma=(2, 2), rows=8, big=big, fields={274: (6,)})
    flat = np.kron(np.rint(photo(6, 4)), np.ones((8, 8, 1)))

    result = shown(write_tiff(full_range(ycbcr(flat / 255)), layout))

    assert difference(result, np.rot90(flat, -1)) < 1.5


def test_a_conversion_shows_the_same() -> None:
    source = write_tiff(full_range(ycbcr(photo() / 255)), Layout(tiff.YCBCR, chroma=(2, 2), compression=tiff.PACKBITS))

    assert difference(decode(convert(source, Options(quality=95)).data), photo()) < 3


def test_a_reference_for_rgb_changes_nothing() -> None:
    """As in Pillow and libvips, ReferenceBlackWhite does not affect RGB."""
    stored, value = quantized(COLOUR, 8)

    check(stored, Layout(tiff.RGB, fields={532: ((16, 1), (235, 1)) * 3}), value)


REFUSED = {
    "separate planes of subsampled chroma": (3, Layout(tiff.YCBCR, planes=2, chroma=(2, 2))),
    "subsampled chroma with a predictor": (
        3,
        Layout(tiff.YCBCR, compression=tiff.ZIP, chroma=(2, 2), fields={317: (2,)}),
    ),
    "subsampled chroma of 16 bits": (3, Layout(tiff.YCBCR, 16, fields={530: (2, 2)})),
    "chroma subsampled by three": (3, Layout(tiff.YCBCR, fields={530: (3, 1)})),
    "a predictor for floating point": (3, Layout(tiff.RGB, compression=tiff.ZIP, fields={317: (3,)})),
    "different bits": (3, Layout(tiff.RGB, fields={258: (8, 8, 16)})),
    "different formats": (3, Layout(tiff.RGB, fields={339: (1, 1, 4)})),
    "inks with premultiplied alpha": (5, Layout(tiff.INKS, fields={338: (1,)})),
    "premultiplied alpha behind another channel": (5, Layout(tiff.RGB, fields={338: (0, 1)})),
    "further channels of L*a*b*": (4, Layout(tiff.LAB, fields={338: (2,)})),
    "a channel of an unknown kind": (4, Layout(tiff.RGB, fields={338: (9,)})),
    "grey and alpha in JPEG": (2, Layout(tiff.BLACK_IS_ZERO, fields={259: (7,), 338: (2,)})),
    "six inks": (4, Layout(tiff.INKS, fields={332: (2,), 334: (6,)})),
    "ICC's L*a*b*": (3, Layout(tiff.ICC_LAB)),
    "signed numbers": (1, Layout(tiff.BLACK_IS_ZERO, fields={339: (2,)})),
    "12 bits": (1, Layout(tiff.BLACK_IS_ZERO, fields={258: (12,)})),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_proven_is_named_unsupported(name: str) -> None:
    channels, layout = REFUSED[name]

    with pytest.raises(ConversionError) as caught:
        convert(write_tiff(np.full((32, 32, channels), 100), layout), Options())

    assert caught.value.code == "unsupported_type"


@pytest.mark.parametrize("fields", [{254: (1,)}, {255: (2,)}], ids=["NewSubfileType", "SubfileType"])
def test_a_first_page_that_is_marked_as_reduced_is_shown(fields: tiff.Fields) -> None:
    stored, value = quantized(COLOUR, 8)

    assert difference(shown(write_tiff(stored, Layout(tiff.RGB, fields=fields))), np.rint(value * 255)) < 1


@pytest.mark.parametrize("colours", [32803, 34892], ids=["sensor data", "linear sensor data"])
@pytest.mark.parametrize("place", ["below the thumbnail", "behind the thumbnail", "first"])
def test_a_raw_file_is_named_so(place: str, colours: int) -> None:
    """NEF and ARW have a thumbnail first and the sensor's data in a directory of its own."""
    thumbnail = np.full((8, 8, 3), 100)
    at = 0x1000
    sensor = struct.pack("<HHHIIHHIII", 2, 254, 4, 1, 0, 262, 3, 1, colours, 0)
    fields = {254: (1,)} | ({330: (at,)} if place == "below the thumbnail" else {})
    source = write_tiff(thumbnail, Layout(colours if place == "first" else tiff.RGB, fields=fields))
    if place == "behind the thumbnail":
        source = source[:-4] + struct.pack("<I", at)

    with pytest.raises(ConversionError, match="is a camera's raw file") as caught:
        convert(source.ljust(at, b"\0") + sensor, Options())

    assert caught.value.code == "unsupported_type"


@pytest.mark.parametrize("compression", [tiff.NONE, tiff.LZW, tiff.ZIP, tiff.OLD_ZIP, tiff.PACKBITS, tiff.LZMA])
def test_a_strip_that_lacks_pixels_is_refused(compression: int) -> None:
    """The strip has its declared length, but holds only half of the rows."""
    flat = np.full((32, 32, 3), 100)
    half = write_tiff(flat[:16], Layout(tiff.YCBCR, chroma=(2, 2), compression=compression, fields={278: (32,)}))
    height = struct.pack("<HHI", 257, 4, 1)
    assert half.count(height) == 1

    with pytest.raises(ConversionError) as caught:
        convert(half.replace(height + struct.pack("<I", 16), height + struct.pack("<I", 32)), Options())

    assert caught.value.code in {"truncated", "corrupt"}


@pytest.mark.parametrize(
    "fields",
    [{529: ((1, 1), (0, 1), (0, 1))}, {532: ((0, 0),) * 6}, {532: ((5, 1),) * 6}],
    ids=["no green", "no denominators", "no range"],
)
def test_chroma_that_no_colour_can_be_calculated_from_is_corrupt(fields: tiff.Fields) -> None:
    with pytest.raises(ConversionError) as caught:
        convert(write_tiff(np.full((32, 32, 3), 100), Layout(tiff.YCBCR, fields={530: (1, 1), **fields})), Options())

    assert caught.value.code == "corrupt"
