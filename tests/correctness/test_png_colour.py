"""The colour chunks of a PNG take precedence as in browsers: cICP, iCCP, sRGB, then gAMA and cHRM."""

import itertools
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from files import png as png_files
from files.colour_profiles import grey_profile, rgb_profile
from files.png import Chunk
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from measures.colour_science import ADOBE_RGB, DISPLAY_P3, SRGB, RgbSpace, Values, linear_to_srgb, mean_delta_e, to_srgb
from measures.decoded_pictures import Pixels, decode, photo, vivid
from measures.hdr_science import BT2020
from numpy.typing import NDArray

FINE = Options(quality=97)
VISIBLE = 1.0
SRGB_CHUNK = (b"sRGB", b"\0")


def gama(value: float) -> Chunk:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def chrm(space: RgbSpace) -> Chunk:
    corners = ((0.3127, 0.3290), *space.primaries)
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for corner in corners for value in corner))


def iccp(profile: bytes) -> Chunk:
    return b"iCCP", b"some name\0\0" + zlib.compress(profile)


def cicp(primaries: int, transfer: int, matrix: int = 0, full_range: int = 1) -> Chunk:
    return b"cICP", bytes([primaries, transfer, matrix, full_range])


def with_gamma(pixels: Pixels, exponent: float, space: RgbSpace = SRGB) -> Values:
    """Pixels decoded with this exponent, as sRGB of 0 to 255."""
    return to_srgb(pixels, RgbSpace(space.name, space.primaries, exponent))


P3, ADOBE = (iccp(rgb_profile(space)) for space in (DISPLAY_P3, ADOBE_RGB))
COLOUR_TYPES = {"RGB": png_files.RGB, "RGBA": png_files.RGBA, "palette": png_files.PALETTE}
READINGS: dict[str, tuple[Sequence[Chunk], NDArray[Any]]] = {
    "nothing": ([], vivid()),
    "cICP: Display P3": ([cicp(12, 13)], to_srgb(vivid(), DISPLAY_P3)),
    "cICP: Display P3 with the curve of BT.709": ([cicp(12, 1)], to_srgb(vivid(), DISPLAY_P3)),
    "cICP: BT.2020, 10 bits": ([cicp(9, 14)], to_srgb(vivid(), BT2020)),
    "cICP: BT.709 is shown as sRGB": ([cicp(1, 1)], vivid()),
    "cICP: linear": ([cicp(1, 8)], with_gamma(vivid(), 1)),
    "cICP: gamma 2.8": ([cicp(1, 5)], with_gamma(vivid(), 2.8)),
    "cICP: linear Display P3": ([cicp(12, 8)], with_gamma(vivid(), 1, DISPLAY_P3)),
    "cICP before iCCP": ([P3, cicp(1, 13)], vivid()),
    "cICP before all": ([SRGB_CHUNK, gama(1), ADOBE, cicp(12, 13)], to_srgb(vivid(), DISPLAY_P3)),
    "cICP with unknown primaries is ignored": ([cicp(3, 13), P3], to_srgb(vivid(), DISPLAY_P3)),
    "cICP with an unknown curve is ignored": ([cicp(9, 200), P3], to_srgb(vivid(), DISPLAY_P3)),
    "cICP with a matrix is ignored": ([cicp(9, 14, matrix=9), P3], to_srgb(vivid(), DISPLAY_P3)),
    "cICP of unspecified colours is ignored": ([cicp(2, 2), P3], to_srgb(vivid(), DISPLAY_P3)),
    "cICP of another length is ignored": ([(b"cICP", b"\x0c\x0d\0"), P3], to_srgb(vivid(), DISPLAY_P3)),
    "iCCP before sRGB": ([SRGB_CHUNK, P3], to_srgb(vivid(), DISPLAY_P3)),
    "iCCP before gAMA": ([gama(1), P3], to_srgb(vivid(), DISPLAY_P3)),
    "iCCP that is not a profile is ignored": ([iccp(b"nonsense" * 30), gama(1)], with_gamma(vivid(), 1)),
    "iCCP that is damaged is ignored": ([(b"iCCP", P3[1][:-40]), gama(1)], with_gamma(vivid(), 1)),
    "iCCP for grey is not for RGB": ([iccp(grey_profile(1.0))], vivid()),
    "sRGB before gAMA and cHRM": ([gama(1), chrm(DISPLAY_P3), SRGB_CHUNK], vivid()),
    "gAMA alone": ([gama(1 / 1.8)], with_gamma(vivid(), 1.8)),
    "gAMA and cHRM": ([gama(256 / 563), chrm(ADOBE_RGB)], to_srgb(vivid(), ADOBE_RGB)),
    "gAMA and cHRM of sRGB": ([gama(1), chrm(SRGB)], with_gamma(vivid(), 1)),
    "gAMA of 0 is ignored": ([gama(0), chrm(DISPLAY_P3)], vivid()),
    "cHRM alone is ignored": ([chrm(DISPLAY_P3)], vivid()),
    "cHRM of nothing is ignored": ([gama(1), (b"cHRM", bytes(32))], with_gamma(vivid(), 1)),
}


@pytest.mark.parametrize("name", READINGS)
def test_what_a_png_says_about_its_colours_is_read_as_browsers_do(name: str) -> None:
    chunks, expected = READINGS[name]
    source = png_files.png(vivid(), 8, png_files.RGB, chunks=chunks)

    assert mean_delta_e(decode(convert(source, FINE).data), expected) < VISIBLE


def test_the_readings_differ_visibly() -> None:
    """The expected pictures differ enough that no reading can pass for another."""
    looks = {np.rint(look).tobytes(): np.asarray(look) for _, look in READINGS.values()}
    pairs = itertools.combinations(looks.values(), 2)

    assert len(looks) == 8
    assert min(mean_delta_e(one, other) for one, other in pairs) > 1.5 * VISIBLE


@pytest.mark.parametrize("near", [0.45455, 0.4545, 0.4762, 0.4348])
@pytest.mark.parametrize("chunks", [[], [chrm(SRGB)]], ids=["alone", "with sRGB's cHRM"])
def test_a_gamma_near_that_of_srgb_changes_no_pixel(chunks: list[Chunk], near: float) -> None:
    drawing = np.kron(vivid()[::8, ::8], np.ones((16, 16, 1), np.uint8))

    plain, named = (png_files.png(drawing, 8, png_files.RGB, chunks=each) for each in ([], [gama(near), *chunks]))

    assert decode(convert(named, FINE).data).tobytes() == decode(convert(plain, FINE).data).tobytes()


@pytest.mark.parametrize(
    ("chunks", "exponent"),
    [([gama(1)], 1.0), ([gama(1 / 1.8)], 1.8), ([cicp(1, 8)], 1.0), ([iccp(grey_profile(1.0))], 1.0)],
    ids=["gAMA 1", "gAMA 1/1.8", "cICP linear", "iCCP of grey"],
)
@pytest.mark.parametrize("depth", [8, 16])
def test_grey_is_read_so_too_and_stays_grey(depth: int, chunks: list[Chunk], exponent: float) -> None:
    samples = photo()[..., 0].astype(np.uint16) * (257 if depth == 16 else 1)
    expected = np.repeat(linear_to_srgb((photo()[..., :1] / 255) ** exponent) * 255, 3, axis=-1)

    result = decode(convert(png_files.png(samples, depth, png_files.GREY, chunks=chunks), FINE).data)

    assert mean_delta_e(result, expected) < VISIBLE
    assert np.ptp(result[..., :3].astype(int), axis=-1).max() <= 1


def test_a_profile_of_rgb_holds_for_grey_as_in_browsers() -> None:
    linear = RgbSpace("Linear", SRGB.primaries, 1.0)
    source = png_files.png(photo()[..., 0], 8, png_files.GREY, chunks=[iccp(rgb_profile(linear))])

    result = decode(convert(source, FINE).data)

    assert mean_delta_e(result, with_gamma(photo()[..., [0, 0, 0]], 1)) < VISIBLE


@pytest.mark.parametrize("colour_type", COLOUR_TYPES.values(), ids=COLOUR_TYPES)
@pytest.mark.parametrize("chunk", [cicp(12, 13), P3], ids=["cICP", "iCCP"])
def test_every_colour_type_is_converted_and_alpha_is_not(chunk: Chunk, colour_type: int) -> None:
    colours = vivid()
    samples: NDArray[Any] = colours
    chunks = [chunk]
    if colour_type == png_files.RGBA:
        samples = np.dstack([colours, np.linspace(40, 255, 96, dtype=np.uint8)[None].repeat(64, axis=0)])
    elif colour_type == png_files.PALETTE:
        colours = np.kron(vivid()[::8, ::8], np.ones((8, 8, 1), np.uint8))
        palette, indices = np.unique(colours.reshape(-1, 3), axis=0, return_inverse=True)
        samples, chunks = indices.reshape(colours.shape[:2]), [chunk, (b"PLTE", palette.tobytes())]

    result = decode(convert(png_files.png(samples, 8, colour_type, chunks=chunks), FINE).data)

    assert mean_delta_e(result, to_srgb(colours, DISPLAY_P3)) < VISIBLE
    if colour_type == png_files.RGBA:
        assert np.array_equal(result[..., 3], samples[..., 3])


@pytest.mark.parametrize("depth", [8, 16])
def test_narrow_range_is_expanded(depth: int) -> None:
    unit = 1 if depth == 8 else 256
    samples = np.rint((16 + photo() / 255 * 219) * unit).astype(np.uint16)
    source = png_files.png(samples, depth, png_files.RGB, chunks=[cicp(1, 13, full_range=0)])

    assert mean_delta_e(decode(convert(source, FINE).data), photo()) < VISIBLE


@pytest.mark.parametrize("chunk", [gama(1), P3, cicp(12, 13)], ids=["gAMA", "iCCP", "cICP"])
def test_a_chunk_that_is_out_of_place_or_damaged_is_ignored(chunk: Chunk) -> None:
    plain = png_files.png(vivid(), 8, png_files.RGB)
    pixels = plain.index(b"IDAT") - 4
    written = png_files.chunk(*chunk)
    damaged = written[:-1] + bytes([written[-1] ^ 1])
    behind = plain.index(b"IEND") - 4

    for source in (plain[:pixels] + damaged + plain[pixels:], plain[:behind] + written + plain[behind:]):
        assert mean_delta_e(decode(convert(source, FINE).data), vivid()) < VISIBLE


def test_the_receipt_names_what_was_converted() -> None:
    named = {
        "Display P3": [cicp(12, 13)],
        "BT.2020, gamma 2.2": [cicp(9, 4)],
        "gamma 1.8": [gama(1 / 1.8)],
        "gamma 2.2, cHRM": [gama(0.45455), chrm(ADOBE_RGB)],
        None: [gama(0.45455), chrm(SRGB)],
    }
    for name, chunks in named.items():
        source = png_files.png(photo(16, 16), 8, png_files.RGB, chunks=chunks)
        assert convert(source, FINE).receipt.profile_converted == name
