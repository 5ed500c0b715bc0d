import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from files import png as png_files
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from measures.decoded_pictures import GROUNDS, Pixels, decode, difference, encode, noise, on_ground, photo, resized
from PIL import Image

Colour = tuple[int, int, int]
ON_EVERY_GROUND = pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
HIDDEN = {"black": (0, 0, 0), "green": (0, 255, 0)}
"""Colours of fully transparent pixels, which are invisible and must not bleed into the edge."""


def soft_disc(hidden: Colour) -> Pixels:
    """A yellow disc whose edge fades out over many pixels, with `hidden` as the colour of transparent pixels."""
    down, across = np.mgrid[0:200, 0:200] - 99.5
    alpha = np.clip((90 - np.hypot(down, across)) / 25, 0, 1)[..., None]
    colour = np.where(alpha > 0, (255, 200, 40), hidden)
    return np.dstack([colour, np.rint(alpha * 255)]).astype(np.uint8)


def hard_disc(hidden: Colour) -> Pixels:
    """The same disc with a hard edge, which becomes soft when it is scaled."""
    disc = soft_disc(hidden)
    disc[..., 3] = np.where(disc[..., 3] > 127, 255, 0)
    disc[disc[..., 3] == 0, :3] = hidden
    return disc


@ON_EVERY_GROUND
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
@pytest.mark.parametrize("shape", [soft_disc, hard_disc])
def test_scaled_edges_have_no_fringes(
    shape: Callable[[Colour], Pixels], image_format: str, hidden: Colour, ground: Colour
) -> None:
    options = {"lossless": True, "exact": True} if image_format == "WEBP" else {}
    source = shape(hidden)

    result = decode(convert(encode(source, image_format, **options), Options(max_side=40, quality=95)).data)

    expected = on_ground(resized(source, 40, 40), ground)
    assert difference(on_ground(result, ground), expected) < 1.5
    edge = (result[..., 3] > 20) & (result[..., 3] < 235)
    assert edge.sum() > 60
    assert np.abs(on_ground(result, ground) - expected)[edge].mean() < 8


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_the_measure_sees_fringes(hidden: Colour) -> None:
    """A picture whose channels were wrongly scaled without premultiplication exceeds the tolerance."""
    source = hard_disc(hidden)
    wrong = np.dstack([resized(source[..., :3], 40, 40), resized(source[..., 3:], 40, 40)])
    edge = (wrong[..., 3] > 20) & (wrong[..., 3] < 235)

    expected, found = (on_ground(each, GROUNDS["white"]) for each in (resized(source, 40, 40), wrong))

    assert np.abs(found - expected)[edge].mean() > 12


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_alpha_is_exact_although_the_colours_are_lossy(image_format: str) -> None:
    alpha = np.random.default_rng(3).integers(0, 256, (64, 96), np.uint8)
    options = {"lossless": True, "exact": True} if image_format == "WEBP" else {}
    source = encode(np.dstack([noise(96, 64), alpha]), image_format, **options)

    conversion = convert(source, Options(quality=60))

    assert not conversion.receipt.to_json()["lossless"]
    assert np.array_equal(decode(conversion.data)[..., 3], alpha)


def test_an_opaque_picture_gets_no_alpha() -> None:
    source = encode(np.dstack([photo(), np.full((64, 96), 255, np.uint8)]), "PNG")

    conversion = convert(source, Options())

    assert (decode(conversion.data)[..., 3] == 255).all()
    assert b"ALPH" not in conversion.data


@ON_EVERY_GROUND
def test_a_palette_keeps_its_transparency_of_each_colour(ground: Colour) -> None:
    colours = np.array([(250, 40, 30), (20, 200, 60), (30, 60, 240), (240, 240, 60)], np.uint8)
    alphas = np.array([0, 90, 180, 255], np.uint8)
    indices = np.arange(64 * 96).reshape(64, 96) // 7 % 4
    chunks = [(b"PLTE", colours.tobytes()), (b"tRNS", alphas.tobytes()[:3])]

    result = decode(convert(png_files.png(indices, 8, png_files.PALETTE, chunks=chunks), Options()).data)

    assert np.array_equal(result[..., 3], alphas[indices])
    assert difference(on_ground(result, ground), on_ground(np.column_stack([colours, alphas])[indices], ground)) < 3


@pytest.mark.parametrize("bit_depth", [1, 2, 4, 8, 16])
def test_a_key_colour_of_grey_is_clear(bit_depth: int) -> None:
    top = 2**bit_depth - 1
    samples = np.arange(64 * 96).reshape(64, 96) % min(top + 1, 5) * (top // min(top, 4))
    key = int(samples[0, 1])
    chunks = [(b"tRNS", key.to_bytes(2, "big"))]

    result = decode(convert(png_files.png(samples, bit_depth, png_files.GREY, chunks=chunks), Options()).data)

    assert np.array_equal(result[..., 3], np.where(samples == key, 0, 255))


@pytest.mark.parametrize("bit_depth", [8, 16])
def test_a_key_colour_of_rgb_is_clear_and_its_neighbours_are_not(bit_depth: int) -> None:
    """A 16-bit neighbour may differ in the lower byte only, and is another colour all the same."""
    samples = np.full((64, 96, 3), 40 * (257 if bit_depth == 16 else 1))
    key = samples[0, 0].copy()
    samples[:, 48:, 1] += 1
    chunks = [(b"tRNS", key.astype(">u2").tobytes())]

    result = decode(convert(png_files.png(samples, bit_depth, png_files.RGB, chunks=chunks), Options()).data)

    assert (result[:, :48, 3] == 0).all()
    assert (result[:, 48:, 3] == 255).all()


@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
@pytest.mark.parametrize("above", [0x0100, 0x8000, 0xFF00])
@pytest.mark.parametrize("bit_depth", [1, 2, 4, 8])
def test_bits_above_the_depth_of_a_key_colour_count_for_nothing(bit_depth: int, above: int, interlaced: bool) -> None:
    """Decoders have to ignore these bits (W3C PNG, third edition, 11.3.1.1)."""
    top = 2**bit_depth - 1
    grey = np.arange(64 * 96).reshape(64, 96) % min(top + 1, 5) * (top // min(top, 4))
    key = int(grey[0, 1])
    files = {png_files.GREY: (grey, 1), png_files.RGB: (np.dstack([grey, grey, grey]), 3)}

    for colour_type, (samples, channels) in files.items() if bit_depth == 8 else [(png_files.GREY, (grey, 1))]:
        chunks = [(b"tRNS", struct.pack(">H", key | above | (0xFF & ~top)) * channels)]
        source = png_files.png(samples, bit_depth, colour_type, chunks=chunks, interlaced=interlaced)

        result = decode(convert(source, Options()).data)

        assert np.array_equal(result[..., 3], np.where(grey == key, 0, 255))


def test_a_transparent_white_of_one_bit_as_pillow_writes_it_is_clear() -> None:
    black = np.add.outer(np.arange(64) // 9, np.arange(96) // 7) % 2 == 0
    buffer = io.BytesIO()
    Image.fromarray(~black).save(buffer, "PNG", transparency=255)
    assert b"tRNS\x00\xff" in buffer.getvalue()

    result = decode(convert(buffer.getvalue(), Options()).data)

    assert np.array_equal(result[..., 3], np.where(black, 255, 0))


@pytest.mark.parametrize(
    ("bit_depth", "colour_type"), [(8, "GREY_ALPHA"), (16, "GREY_ALPHA"), (8, "RGBA"), (16, "RGBA")]
)
def test_alpha_of_every_depth_is_kept(bit_depth: int, colour_type: str) -> None:
    alpha = np.linspace(0, 255, 96).astype(np.uint8)[None].repeat(64, axis=0)
    colour = photo()[..., :1] if colour_type == "GREY_ALPHA" else photo()
    samples = np.dstack([colour, alpha]).astype(int) * (257 if bit_depth == 16 else 1)

    result = decode(convert(png_files.png(samples, bit_depth, getattr(png_files, colour_type)), Options()).data)

    assert np.array_equal(result[..., 3], alpha)
