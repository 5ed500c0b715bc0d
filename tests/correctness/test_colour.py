import struct
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest
from files import png as png_files
from files.colour_profiles import grey_profile, ink_profile, rgb_profile
from files.ink import Marker, cmyk_jpeg
from files.jpeg_variants import behind_start, segment
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from measures.colour_science import (
    ADOBE_RGB,
    DISPLAY_P3,
    SRGB,
    RgbSpace,
    Values,
    d65_to_d50,
    linear_to_srgb,
    mean_delta_e,
    srgb_to_linear,
    to_srgb,
)
from measures.decoded_pictures import Pixels, decode, encode, photo, vivid

FINE = Options(quality=95)
VISIBLE = 1.0
"""Mean CIEDE2000 that is allowed: about the smallest difference that an eye can see."""


def inks() -> Pixels:
    """Smooth gradients of C, M, Y and K, 0 to 255, from no ink to dark."""
    return np.dstack([255 - photo()[..., [1, 0, 2]], np.linspace(0, 160, 96)[None].repeat(64, axis=0)]).astype(np.uint8)


def without_profile(cmyk: Pixels) -> Values:
    """The RGB that viewers show for CMYK without a profile."""
    covered = 1 - cmyk / 255
    return np.asarray(covered[..., :3] * covered[..., 3:] * 255)


_INKS_IN_RGB = np.array([(0.05, 0.35, 0.60), (0.45, 0.02, 0.20), (0.75, 0.65, 0.03), (0.0, 0.0, 0.0)])
"""Linear sRGB of a full layer of cyan, magenta, yellow and black ink."""


def printed(shares: Values) -> Values:
    """XYZ (D50) of paper under layers of ink, each of which filters the light of those below."""
    layers = 1 - shares[..., None] * (1 - _INKS_IN_RGB)
    return d65_to_d50(layers.prod(axis=-2) @ SRGB.to_xyz.T)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("space", [DISPLAY_P3, ADOBE_RGB], ids=lambda space: space.name)
def test_a_wide_gamut_is_converted_by_its_profile(space: RgbSpace, image_format: str) -> None:
    expected = to_srgb(vivid(), space)
    quality = {} if image_format == "PNG" else {"quality": 97}
    source = encode(vivid(), image_format, icc_profile=rgb_profile(space), **quality)

    conversion = convert(source, FINE)

    assert mean_delta_e(decode(conversion.data), expected) < VISIBLE
    assert mean_delta_e(vivid(), expected) > 2 * VISIBLE, "dropping the profile would be as good"
    assert conversion.receipt.to_json()["profileConverted"] == space.name


def test_a_colour_outside_of_srgb_becomes_the_nearest_edge() -> None:
    source = encode(np.full((16, 16, 3), (0, 255, 0), np.uint8), "PNG", icc_profile=rgb_profile(DISPLAY_P3))

    assert mean_delta_e(decode(convert(source, FINE).data), np.full((16, 16, 3), (0, 255, 0))) < VISIBLE


@pytest.mark.parametrize("marker", Marker)
def test_cmyk_is_shown_as_its_inks_mean(marker: Marker) -> None:
    expected = without_profile(inks())

    conversion = convert(cmyk_jpeg(inks(), marker), FINE)

    assert mean_delta_e(decode(conversion.data), expected) < VISIBLE
    assert mean_delta_e(255 - expected, expected) > 20 * VISIBLE, "inverted inks would pass"
    assert conversion.receipt.profile_converted == "CMYK"


@pytest.mark.parametrize("marker", [Marker.PLAIN, Marker.YCCK])
def test_cmyk_is_converted_by_its_profile(marker: Marker) -> None:
    expected = linear_to_srgb((1 - inks()[..., None] / 255 * (1 - _INKS_IN_RGB)).prod(axis=-2)) * 255

    conversion = convert(cmyk_jpeg(inks(), marker, ink_profile(printed)), FINE)

    assert mean_delta_e(decode(conversion.data), expected) < 1.5 * VISIBLE, "the table of the profile costs a little"
    assert mean_delta_e(without_profile(inks()), expected) > 5 * VISIBLE, "dropping the profile would be as good"
    assert conversion.receipt.to_json()["profileConverted"] == "Test inks"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_grey_profile_is_applied_and_grey_stays_grey(image_format: str) -> None:
    grey = photo()[..., 0]
    expected = np.repeat(linear_to_srgb((grey / 255) ** 1.0)[..., None] * 255, 3, axis=-1)

    result = decode(convert(encode(grey, image_format, icc_profile=grey_profile(1.0)), FINE).data)

    assert mean_delta_e(result, expected) < VISIBLE
    assert mean_delta_e(np.repeat(grey[..., None], 3, axis=-1), expected) > 5 * VISIBLE
    assert np.ptp(result[..., :3].astype(int), axis=-1).max() <= 1


def test_a_profile_for_other_channels_than_the_pictures_is_ignored() -> None:
    source = encode(photo(), "JPEG", quality=97, icc_profile=ink_profile(printed))

    assert mean_delta_e(decode(convert(source, FINE).data), photo()) < VISIBLE


def test_scaling_and_converting_go_together() -> None:
    large = np.kron(vivid(), np.ones((4, 4, 1), np.uint8))
    source = encode(large, "JPEG", quality=97, icc_profile=rgb_profile(ADOBE_RGB))

    result = decode(convert(source, Options(max_side=96, quality=95)).data)

    assert mean_delta_e(result, to_srgb(vivid(), ADOBE_RGB)) < VISIBLE


def test_rgb_without_a_profile_is_srgb() -> None:
    assert mean_delta_e(decode(convert(encode(vivid(), "JPEG", quality=97), FINE).data), vivid()) < VISIBLE


def test_grey_light_is_not_shifted() -> None:
    """A ramp from black to white keeps its full range."""
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(32, axis=0)

    result = decode(convert(encode(ramp, "JPEG", quality=97), FINE).data)

    assert srgb_to_linear(result[..., 0].mean(axis=0)[[0, 255]] / 255) == pytest.approx([0, 1], abs=0.01)
    assert np.abs(result[..., 0].astype(int) - ramp).max() <= 4


@pytest.mark.parametrize("colour_type", [png_files.GREY, png_files.RGB], ids=["grey", "RGB"])
def test_a_png_of_linear_light_is_encoded_anew(colour_type: int) -> None:
    """Renderers and scanners write linear light, which they mark as gAMA 1.0."""
    samples = photo() if colour_type == png_files.RGB else photo()[..., 0]
    source = png_files.png(samples, 8, colour_type, chunks=[(b"gAMA", struct.pack(">I", 100_000))])
    expected = linear_to_srgb((photo() if colour_type == png_files.RGB else photo()[..., [0, 0, 0]]) / 255) * 255

    assert mean_delta_e(decode(convert(source, FINE).data), expected) < VISIBLE


def in_parts(profile: bytes, numbered: Sequence[tuple[int, int]]) -> bytes:
    """A JPEG whose profile is in three parts. `numbered` are pairs: which part (from 1), and its written number."""
    size = -(-len(profile) // 3)
    whole = encode(vivid(), "JPEG", quality=97)
    parts = (b"ICC_PROFILE\0" + bytes([said, 3]) + profile[(part - 1) * size : part * size] for part, said in numbered)
    return behind_start(whole, b"".join(segment(0xE2, each) for each in parts))


@pytest.mark.parametrize("order", [*permutations((1, 2, 3)), (1, 1, 2, 3), (3, 1, 2, 3), (1, 2, 3, 1, 2, 3)], ids=str)
def test_the_parts_of_a_profile_are_joined_by_their_numbers(order: tuple[int, ...]) -> None:
    conversion = convert(in_parts(rgb_profile(DISPLAY_P3), [(part, part) for part in order]), FINE)

    assert mean_delta_e(decode(conversion.data), to_srgb(vivid(), DISPLAY_P3)) < VISIBLE
    assert conversion.receipt.profile_converted == DISPLAY_P3.name


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)], ids=str)
def test_the_numbers_of_a_profiles_parts_may_begin_with_0(order: tuple[int, ...]) -> None:
    conversion = convert(in_parts(rgb_profile(DISPLAY_P3), [(part, part - 1) for part in order]), FINE)

    assert mean_delta_e(decode(conversion.data), to_srgb(vivid(), DISPLAY_P3)) < VISIBLE


@pytest.mark.parametrize("order", [(1,), (1, 2), (1, 3), (3, 1), (2, 3), (3, 3, 1)], ids=str)
def test_a_profile_of_which_a_part_is_missing_is_ignored(order: tuple[int, ...]) -> None:
    conversion = convert(in_parts(rgb_profile(DISPLAY_P3), [(part, part) for part in order]), FINE)

    assert mean_delta_e(decode(conversion.data), vivid()) < VISIBLE
    assert conversion.receipt.profile_converted is None
