"""The alpha of HEIC and AVIF is turned and cropped with the colours, however it is stored, as in libavif (Pillow)."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from files.heif import AUXC, IMIR, IROT, Part, clap, coded, grid, heif
from imagejobs.conversion.engine import convert
from imagejobs.conversion.formats.heif.layers import split_layers
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.decoded_pictures import GROUNDS, Pixels, decode, difference, on_ground, photo
from PIL import Image, ImageOps

FINE = Options(quality=95)
READ = [each.name.upper() for each in readable_formats() if each.name in {"heic", "avif"}]
pytestmark = pytest.mark.skipif(not READ, reason="this ImageMagick reads neither HEIC nor AVIF")
every_format = pytest.mark.parametrize("image_format", READ)


def soft(width: int = 96, height: int = 64) -> Pixels:
    """A gradual alpha plane without symmetry."""
    down, across = np.mgrid[0:height, 0:width]
    return np.asarray(np.rint(255 * (across / (width - 1)) * (0.5 + 0.5 * down / (height - 1))), np.uint8)


def see_through() -> Pixels:
    return np.dstack([photo(), soft()])


def alpha_of(image_format: str, pixels: Pixels, *targets: int) -> Part:
    return coded(image_format, pixels, quality=100).with_properties(AUXC).referring(auxl=targets)


def assert_shown(source: bytes, expected: Pixels, colour: float = 3, alpha: float = 1) -> None:
    result = decode(convert(source, FINE).data)

    assert result.shape == expected.shape
    assert np.abs(result[..., 3].astype(int) - expected[..., 3]).mean() < alpha
    for ground in GROUNDS.values():
        assert difference(on_ground(result, ground), on_ground(expected, ground)) < colour


def as_libavif_shows_it(source: bytes) -> Pixels:
    with Image.open(io.BytesIO(source)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))


TRANSFORMS: dict[str, tuple[tuple[bytes, ...], Callable[[Pixels], Pixels]]] = {
    "as it is": ((), lambda pixels: pixels),
    "turned by a quarter": ((IROT[1],), np.rot90),
    "turned by a half": ((IROT[2],), lambda pixels: np.rot90(pixels, 2)),
    "turned by three quarters": ((IROT[3],), lambda pixels: np.rot90(pixels, 3)),
    "top and bottom exchanged": ((IMIR[0],), np.flipud),
    "left and right exchanged": ((IMIR[1],), np.fliplr),
    "cropped": ((clap(50, 40, 20, -10),), lambda pixels: pixels[7:47, 33:83]),
    "all three": (
        (clap(50, 40, 20, -10), IROT[1], IMIR[0]),
        lambda pixels: np.flipud(np.rot90(pixels[7:47, 33:83])),
    ),
}


@every_format
@pytest.mark.parametrize("owners", ["the colours", "both"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_alpha_is_cropped_turned_and_mirrored_with_its_colours(name: str, owners: str, image_format: str) -> None:
    """avifenc before 1.3.1 gives the boxes to the colours only, later versions to both items."""
    boxes, expected = TRANSFORMS[name]
    colour = coded(image_format, photo()).with_properties(*boxes)
    alpha = alpha_of(image_format, soft(), 0)
    if owners == "both":
        alpha = alpha.with_properties(*boxes)
    source = heif(image_format, colour, alpha, hidden=[1])

    assert_shown(source, expected(see_through()))
    if image_format == "AVIF" and "cropped" not in name and "all" not in name:
        assert_shown(source, as_libavif_shows_it(source))


@every_format
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("layout", ["of each tile", "a grid itself", "a single picture"])
def test_alpha_of_a_grid_is_found_wherever_it_is(layout: str, turned: bool, image_format: str) -> None:
    picture = np.vstack([np.hstack([see_through()] * 2), np.hstack([see_through()[::-1]] * 2)])
    boxes = (IROT[1],) if turned else ()
    tiles = [
        coded(image_format, picture[down : down + 64, across : across + 96, :3])
        for down in (0, 64)
        for across in (0, 96)
    ]
    masks = [
        alpha_of(image_format, picture[down : down + 64, across : across + 96, 3], index)
        for index, (down, across) in enumerate([(0, 0), (0, 96), (64, 0), (64, 96)], 1)
    ]
    whole = grid(2, 2, 192, 128, 1, 2, 3, 4).with_properties(*boxes)
    if layout == "of each tile":
        parts = [whole, *tiles, *masks]
    elif layout == "a grid itself":
        masks = [mask.referring() for mask in masks]
        own = grid(2, 2, 192, 128, 6, 7, 8, 9).with_properties(AUXC)
        parts = [whole, *tiles, Part(own.kind, own.data, own.properties, {**own.references, "auxl": [0]}), *masks]
    else:
        parts = [whole, *tiles, alpha_of(image_format, np.ascontiguousarray(picture[..., 3]), 0)]
    source = heif(image_format, *parts, hidden=range(1, len(parts)))

    assert_shown(source, np.rot90(picture) if turned else picture)
    if image_format == "AVIF" and layout != "a single picture":
        assert_shown(source, as_libavif_shows_it(source))


@every_format
@pytest.mark.parametrize("in_tiles", [False, True])
def test_premultiplied_colours_are_made_whole(in_tiles: bool, image_format: str) -> None:
    alpha = np.maximum(soft(), 40)
    dark = np.rint(photo() * (alpha[..., None] / 255)).astype(np.uint8)
    colour, mask = coded(image_format, dark, quality=100), alpha_of(image_format, alpha, 1 if in_tiles else 0)
    if in_tiles:
        source = heif(image_format, grid(1, 1, 96, 64, 1), colour.referring(prem=[2]), mask, hidden=[1, 2])
    else:
        source = heif(image_format, colour.referring(prem=[1]), mask, hidden=[1])

    assert_shown(source, np.dstack([photo(), alpha]), colour=4)


@every_format
def test_alpha_of_another_size_is_scaled(image_format: str) -> None:
    alpha = np.asarray(Image.fromarray(soft()).resize((192, 128)))
    colour = coded(image_format, photo(192, 128)).with_properties(IROT[1])
    source = heif(image_format, colour, alpha_of(image_format, soft(), 0), hidden=[1])

    assert_shown(source, np.rot90(np.dstack([photo(192, 128), alpha])), alpha=2)


@every_format
def test_a_grid_of_which_a_tile_has_no_alpha_is_opaque(image_format: str) -> None:
    """libavif shows it opaque too. The decoder gets no alpha item, because libheif 1.19 refuses such a grid."""
    tiles = [coded(image_format, photo()), coded(image_format, photo())]
    source = heif(image_format, grid(1, 2, 192, 64, 1, 2), *tiles, alpha_of(image_format, soft(), 1), hidden=[1, 2, 3])

    assert (decode(convert(source, FINE).data)[..., 3] == 255).all()
    assert b"auxC" not in split_layers(source)[0]


@every_format
def test_a_description_that_lasts_until_the_end_of_the_file_is_read(image_format: str) -> None:
    source = heif(image_format, coded(image_format, photo()).with_properties(IROT[1]), opened=True)

    assert difference(decode(convert(source, FINE).data), np.rot90(photo())) < 3
