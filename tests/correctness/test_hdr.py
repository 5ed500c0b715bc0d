"""HDR in PNG, HEIC and AVIF is tone-mapped by BT.2390 and noted in the receipt; gain maps are ignored.

The expected pictures are calculated from the definitions (measures/hdr_science.py).
"""

import io
import struct
from typing import Any

import numpy as np
import pillow_heif
import pytest
from files import png as png_files
from files.apng import ApngFrame, apng
from files.colour_profiles import coded_profile, rgb_profile
from files.jpeg_variants import segment
from files.png import Chunk
from imagejobs.conversion.engine import Conversion, convert
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.colour_science import DISPLAY_P3, SRGB, RgbSpace, Values, mean_delta_e, to_srgb
from measures.decoded_pictures import decode, decode_frames, encode, photo
from measures.hdr_science import BT2020, WHITE, hlg_signal, pq_light, pq_signal, shown
from PIL import Image

FINE = Options(quality=97)
VISIBLE = 1.0
PQ, HLG = 16, 18
PRIMARIES = {BT2020.name: 9, DISPLAY_P3.name: 12, SRGB.name: 1}
READ = [each.name.upper() for each in readable_formats()]
needs_heic = pytest.mark.skipif("HEIC" not in READ, reason="this ImageMagick reads no HEIC")
needs_avif = pytest.mark.skipif("AVIF" not in READ, reason="this ImageMagick reads no AVIF")


def scene(brightest: float, space: RgbSpace = BT2020) -> Values:
    """Light in cd/m2: the colours of `photo`, dark at the left and up to `brightest` at the right."""
    linear = (photo() / 255) ** 2.2 @ SRGB.to_xyz.T @ np.linalg.inv(space.to_xyz).T
    return np.asarray(linear / linear.max() * brightest * np.linspace(0.02, 1, 96)[None, :, None] ** 2)


def cicp(space: RgbSpace, transfer: int) -> Chunk:
    return b"cICP", bytes([PRIMARIES[space.name], transfer, 0, 1])


def png(signal: Values, *chunks: Chunk) -> bytes:
    """A 16-bit PNG of this signal (0 to 1)."""
    return png_files.png(np.rint(signal * 65535).astype(np.uint16), 16, png_files.RGB, chunks=chunks)


def heic(signal: Values, space: RgbSpace, transfer: int, **options: Any) -> bytes:
    """A 10-bit HEIC of this signal (0 to 1)."""
    levels = np.rint(signal * 65535).astype(np.uint16)
    picture = pillow_heif.from_bytes("RGB;16", levels.shape[1::-1], levels.tobytes())
    buffer = io.BytesIO()
    names = {"color_primaries": PRIMARIES[space.name], "transfer_characteristics": transfer, "matrix_coefficients": 9}
    picture.save(buffer, quality=100, chroma=444, bit_depth=10, full_range_flag=1, **names, **options)
    return buffer.getvalue()


def avif(signal: Values, space: RgbSpace, transfer: int, **options: Any) -> bytes:
    """An AVIF of this signal (0 to 1), with 8 bits because Pillow writes no more, and with these code points."""
    data = encode(np.rint(signal * 255).astype(np.uint8), "AVIF", quality=100, subsampling="4:4:4", **options)
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", PRIMARIES[space.name], transfer) + data[at + 4 :]


def grey(*light: float) -> Values:
    """Light in cd/m2 of grey patches of 8 x 8 pixels, side by side."""
    return np.array(light)[None, :, None].repeat(8, axis=0).repeat(8, axis=1).repeat(3, axis=2)


def patches(conversion: Conversion) -> list[int]:
    """The grey level in the middle of each patch."""
    middle = decode(conversion.data)[4, 4::8, :3].astype(int)
    assert np.ptp(middle, axis=-1).max() <= 1, "the channels of a grey patch differ"
    return [int(level) for level in middle[:, 1]]


def notes(conversion: Conversion) -> str:
    return "\n".join(conversion.receipt.to_json()["notes"])


@pytest.mark.parametrize("brightest", [150, 203, 600, 1000, 4000])
@pytest.mark.parametrize("space", [BT2020, DISPLAY_P3, SRGB], ids=lambda space: space.name)
def test_pq_is_tone_mapped_by_the_curve(space: RgbSpace, brightest: float) -> None:
    light = scene(brightest, space)
    expected = shown(light, space, max(brightest, WHITE))

    conversion = convert(png(pq_signal(light), cicp(space, PQ)), FINE)

    assert mean_delta_e(decode(conversion.data), expected) < VISIBLE
    assert mean_delta_e(pq_signal(light) * 255, expected) > 5 * VISIBLE, "leaving it as it is would pass"
    named = "BT.709" if space is SRGB else space.name
    assert f"HDR (PQ, {named}) tone-mapped to SDR by BT.2390, reference white 203 cd/m2" in notes(conversion)


@pytest.mark.parametrize("brightest", [203, 600, 1000])
def test_hlg_is_tone_mapped_by_the_curve(brightest: float) -> None:
    light = scene(brightest)
    expected = shown(light, BT2020, brightest)

    conversion = convert(png(hlg_signal(light), cicp(BT2020, HLG)), FINE)

    assert mean_delta_e(decode(conversion.data), expected) < VISIBLE
    assert mean_delta_e(hlg_signal(light) * 255, expected) > 5 * VISIBLE, "leaving it as it is would pass"
    assert "HDR (HLG, BT.2020) tone-mapped" in notes(conversion)


@needs_heic
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_heic_of_ten_bits_is_tone_mapped(transfer: int) -> None:
    light = scene(800)
    signal = pq_signal(light) if transfer == PQ else hlg_signal(light)

    conversion = convert(heic(signal, BT2020, transfer), FINE)

    assert mean_delta_e(decode(conversion.data), shown(light, BT2020, 800)) < 1.5 * VISIBLE
    assert "tone-mapped" in notes(conversion)


@needs_avif
@pytest.mark.parametrize("space", [BT2020, DISPLAY_P3], ids=lambda space: space.name)
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_an_avif_is_tone_mapped(transfer: int, space: RgbSpace) -> None:
    light = scene(800, space)
    signal = pq_signal(light) if transfer == PQ else hlg_signal(light)

    conversion = convert(avif(signal, space, transfer), FINE)

    if transfer == PQ or space is BT2020:  # hlg_signal calculates BT.2020 only
        assert mean_delta_e(decode(conversion.data), shown(light, space, 800)) < 2.5 * VISIBLE, "8 bits are coarse"
    assert "tone-mapped" in notes(conversion)


@needs_avif
def test_a_profile_goes_before_the_numbers() -> None:
    """libavif writes both a profile and code points."""
    source = avif(photo() / 255, BT2020, PQ, icc_profile=rgb_profile(DISPLAY_P3))

    conversion = convert(source, FINE)

    assert mean_delta_e(decode(conversion.data), to_srgb(photo(), DISPLAY_P3)) < 1.5 * VISIBLE
    assert conversion.receipt.profile_converted == DISPLAY_P3.name
    assert not notes(conversion)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_profile_of_hdr_is_tone_mapped_in_every_format(image_format: str) -> None:
    """Adobe's programs write HDR as a profile with code points (its cicp tag)."""
    if image_format not in READ:
        pytest.skip(f"this ImageMagick reads no {image_format}")
    light = scene(800)
    how: dict[str, object] = {"quality": 100} if image_format in {"JPEG", "WEBP", "AVIF"} else {}
    subsampling = {"JPEG": 0, "AVIF": "4:4:4"}.get(image_format)
    signal = np.rint(pq_signal(light) * 255).astype(np.uint8)
    exact = {} if subsampling is None else {"subsampling": subsampling}

    conversion = convert(encode(signal, image_format, icc_profile=coded_profile(9, PQ), **how, **exact), FINE)

    assert mean_delta_e(decode(conversion.data), shown(light, BT2020, 800)) < 2.5 * VISIBLE, "8 bits are coarse"
    assert "HDR (PQ, BT.2020) tone-mapped" in notes(conversion)
    assert conversion.receipt.profile_converted is None


def test_every_frame_of_an_animation_is_mapped_by_the_same_curve() -> None:
    """The first frame determines the curve, so that the animation does not flicker."""
    first, second = (np.rint(pq_signal(grey(*light)) * 65535).astype(np.uint16) for light in ((1000, 203), (203, 100)))
    frames = [ApngFrame(0, 0, first), ApngFrame(0, 0, second)]
    source = apng(16, 8, frames, bit_depth=16, colour_type=png_files.RGB, chunks=[cicp(BT2020, PQ)])

    conversion = convert(source, FINE)

    levels = [pixels[4, 4::8, 1].tolist() for pixels, _ in decode_frames(conversion.data)]
    assert levels == [pytest.approx([255, 229], abs=2), pytest.approx([229, 186], abs=2)]
    assert "tone-mapped" in notes(conversion)


def test_a_picture_within_sdr_is_not_dimmed() -> None:
    """In a picture without highlights reference white becomes white, and no level is compressed."""
    levels = patches(convert(png(pq_signal(grey(0, 50, 100, 203)), cicp(BT2020, PQ)), FINE))

    assert levels == pytest.approx([0, 136, 186, 255], abs=2)


@pytest.mark.parametrize(("peak", "white"), [(400, 245), (1000, 229), (4000, 208), (10_000, 196)])
def test_where_reference_white_goes_by_the_peak(peak: float, white: int) -> None:
    dark, middle, bright, top = patches(convert(png(pq_signal(grey(1, 203, peak / 2, peak)), cicp(BT2020, PQ)), FINE))

    assert middle == pytest.approx(white, abs=2)
    assert top == pytest.approx(255, abs=1)
    assert dark == pytest.approx(15, abs=2)
    assert bright <= top


def test_brighter_stays_brighter_and_neutral() -> None:
    light = np.geomspace(0.5, 2000, 32)

    levels = patches(convert(png(pq_signal(grey(*light)), cicp(BT2020, PQ)), FINE))

    assert levels == sorted(levels)
    assert len(set(levels)) > 26


def test_a_gradient_has_no_bands() -> None:
    """Almost all 256 levels occur, and no two neighbouring pixels are more than two levels apart."""
    signal = np.linspace(0, float(pq_signal(1000)), 2048)[None, :, None].repeat(16, axis=0).repeat(3, axis=2)

    row = decode(convert(png(signal, cicp(BT2020, PQ)), Options(max_side=2048, quality=97)).data)[8, :, 1].astype(int)

    assert np.abs(np.diff(row)).max() <= 2
    assert len(np.unique(row)) > 240


def test_a_declared_peak_bounds_the_measured_one() -> None:
    """A patch that is brighter than the declared peak becomes white, and the rest is not darkened because of it."""
    level = b"cLLI", struct.pack(">II", 400 * 10_000, 100 * 10_000)
    display = b"mDCV", struct.pack(">8H2I", *(0,) * 8, 1000 * 10_000, 1)
    signal = pq_signal(grey(100, 203, 400, 4000))

    for chunks, white in (([level], 245), ([level, display], 245), ([display], 229), ([], 208)):
        levels = patches(convert(png(signal, cicp(BT2020, PQ), *chunks), FINE))
        assert levels[1] == pytest.approx(white, abs=2)
    assert levels[3] == 255


@needs_heic
def test_the_declared_peak_of_a_heic_is_read() -> None:
    """libheif writes no clli (the declared peak), so the test puts one in the place of pixi, which decoders ignore."""
    source = heic(pq_signal(grey(100, 203, 400, 4000).repeat(8, axis=0)), BT2020, PQ)
    plain = patches(convert(source, FINE))[1]
    pixi = source.index(b"pixi")
    assert source[pixi - 4 : pixi] == struct.pack(">I", 16)

    announced = source[: pixi - 4] + struct.pack(">I4sHH", 16, b"clli", 400, 100) + bytes(4) + source[pixi + 12 :]

    assert plain < 215
    assert patches(convert(announced, FINE))[1] > 240


def test_colours_outside_of_srgb_keep_their_hue() -> None:
    """Pure green of BT.2020 becomes a paler green within sRGB, not yellow; blue does not become purple."""
    light = np.eye(3)[None].repeat(16, axis=0).repeat(16, axis=1) * 150
    xyz = light / WHITE @ BT2020.to_xyz.T @ np.linalg.inv(SRGB.to_xyz).T
    luminance = (light / WHITE) @ BT2020.to_xyz[1]

    result = decode(convert(png(pq_signal(light), cicp(BT2020, PQ)), FINE).data)

    for index in range(3):
        found = ((result[8, 8 + 16 * index, :3] / 255 + 0.055) / 1.055) ** 2.4
        wanted = xyz[8, 8 + 16 * index]
        grey_of_it = luminance[8, 8 + 16 * index]
        assert found.argmax() == index
        direction, other = found - found.min(), wanted - wanted.min()
        assert np.allclose(direction / direction.max(), other / other.max(), atol=0.06), "another hue"
        assert found.max() <= 1
        assert found.min() < grey_of_it


def test_hdr_with_alpha_keeps_its_alpha_and_clear_pixels_do_not_count() -> None:
    signal = np.dstack([pq_signal(grey(50, 100, 203, 9000)), np.ones((8, 32))])
    signal[:, 24:, 3] = 0
    samples = np.rint(signal * 65535).astype(np.uint16)
    source = png_files.png(samples, 16, png_files.RGBA, chunks=[cicp(BT2020, PQ)])

    result = decode(convert(source, FINE).data)

    assert result[4, 4::8, 1][:3].tolist() == pytest.approx([136, 186, 255], abs=2)
    assert result[4, 4::8, 3].tolist() == [255, 255, 255, 0]


def test_grey_hdr_is_tone_mapped() -> None:
    samples = np.rint(pq_signal(grey(10, 100, 203))[..., 0] * 65535).astype(np.uint16)
    source = png_files.png(samples, 16, png_files.GREY, chunks=[cicp(BT2020, PQ)])

    assert patches(convert(source, FINE)) == pytest.approx([63, 186, 255], abs=2)


def test_hdr_of_narrow_range_and_in_a_palette_is_tone_mapped() -> None:
    signal = pq_signal(grey(10, 100, 203, 1000))
    narrow = np.rint((16 + signal * 219) * 256).astype(np.uint16)
    palette = np.rint(signal[0, ::8] * 255).astype(np.uint8).tobytes()
    indices = np.arange(4, dtype=np.uint8)[None].repeat(8, axis=0).repeat(8, axis=1)
    sources = (
        png_files.png(narrow, 16, png_files.RGB, chunks=[(b"cICP", bytes([9, PQ, 0, 0]))]),
        png_files.png(indices, 8, png_files.PALETTE, chunks=[cicp(BT2020, PQ), (b"PLTE", palette)]),
    )

    for source in sources:
        assert patches(convert(source, FINE)) == pytest.approx([63, 186, 229, 255], abs=2)


def test_hdr_is_scaled_and_mapped() -> None:
    light = np.kron(scene(800), np.ones((4, 4, 1)))

    result = decode(convert(png(pq_signal(light), cicp(BT2020, PQ)), Options(max_side=96, quality=97)).data)

    assert mean_delta_e(result, shown(scene(800), BT2020, 800)) < VISIBLE


@needs_heic
@pytest.mark.parametrize("space", [None, DISPLAY_P3], ids=["sRGB", "Display P3"])
def test_the_gain_map_of_an_iphone_changes_nothing(space: RgbSpace | None) -> None:
    """An iPhone's gain map is an auxiliary picture. libheif writes alpha; the test changes its type to a gain map's."""
    profile = {"icc_profile": rgb_profile(space)} if space else {}
    gain = np.linspace(0, 255, 96, dtype=np.uint8)[None].repeat(64, axis=0)
    alpha_kind = b"urn:mpeg:hevc:2015:auxid:1\0"
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(np.dstack([photo(), gain]))).save(buffer, quality=95, chroma=444, **profile)
    source = buffer.getvalue()
    kind = next(each for each in (alpha_kind, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0") if each in source)
    gain_map = source.replace(kind, b"urn:x:aux:hdrgainmap\0".ljust(len(kind), b"\0"))

    conversion = convert(gain_map, FINE)

    result = decode(conversion.data)
    expected = to_srgb(photo(), space) if space else photo()
    assert mean_delta_e(result, expected) < 1.5 * VISIBLE
    assert result[..., 3].min() == 255
    assert "tone-mapped" not in notes(conversion)


@pytest.mark.parametrize("space", [None, DISPLAY_P3], ids=["sRGB", "Display P3"])
def test_the_gain_map_of_ultra_hdr_changes_nothing(space: RgbSpace | None) -> None:
    """Ultra HDR puts the gain map in a second JPEG after the first, and announces it in MPF and XMP."""
    profile = {"icc_profile": rgb_profile(space)} if space else {}
    plain = encode(photo(), "JPEG", quality=97, subsampling=0, **profile)
    gain_map = encode(photo()[..., 0], "JPEG", quality=90)
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/" hdrgm:Version="1.0"/>'
    mpf = b"MPF\0MM\0*\0\0\0\x08\0\1\xb0\x01\0\4\0\0\0\1\0\0\0\2\0\0\0\0"
    announced = plain[:20] + segment(0xE1, xmp) + segment(0xE2, mpf) + plain[20:]

    conversion = convert(announced + gain_map, FINE)

    assert decode(conversion.data).tobytes() == decode(convert(plain, FINE).data).tobytes()
    assert mean_delta_e(decode(conversion.data), to_srgb(photo(), space) if space else photo()) < VISIBLE


def test_the_science_of_these_tests_gives_the_published_values() -> None:
    """BT.2408, table 1: reference white is 58 % PQ and 75 % HLG; BT.2100: PQ of 100 cd/m2 is 0.508."""
    assert pq_signal([100, WHITE, 1000]) == pytest.approx([0.508, 0.581, 0.752], abs=0.001)
    assert hlg_signal(grey(WHITE))[0, 0] == pytest.approx(0.75, abs=0.002)
    assert pq_light(pq_signal([0.01, 1, 203, 9000])) == pytest.approx([0.01, 1, 203, 9000], rel=1e-4)
