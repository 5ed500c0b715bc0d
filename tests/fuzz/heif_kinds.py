"""HEIC and AVIF files, built box by box, whose alpha is tiled, rotated with the colours, or premultiplied."""

import numpy as np
from files.exif import ARTIST, ORIENTATION, exif
from files.heif import AUXC, IMIR, IROT, Part, clap, coded, grid, heif
from measures.decoded_pictures import Pixels, Variants, photo


def heif_kinds(image_format: str) -> Variants:
    """Undamaged files of this format, as seeds."""
    crop = clap(50, 40, 20, -10)
    return {
        "alpha, turned with its colours": lambda: _transformed(image_format, IROT[1]),
        "alpha, cropped and mirrored with its colours": lambda: _transformed(image_format, crop, IMIR[0]),
        "alpha of each tile, premultiplied": lambda: _tiles(image_format),
        "alpha that is a grid": lambda: _alpha_grid(image_format),
        "EXIF that turns nothing": lambda: _with_exif(image_format),
        "described until the end of the file": lambda: heif(
            image_format, coded(image_format, photo()).with_properties(IROT[3]), opened=True
        ),
    }


def _alpha(image_format: str, *targets: int) -> Part:
    return _mask(image_format).with_properties(AUXC).referring(auxl=targets)


def _mask(image_format: str) -> Part:
    return coded(image_format, np.ascontiguousarray(photo()[..., 0]), quality=60)


def _colours(image_format: str, pixels: Pixels | None = None) -> Part:
    return coded(image_format, photo() if pixels is None else pixels, quality=60)


def _transformed(image_format: str, *boxes: bytes) -> bytes:
    colours = _colours(image_format).with_properties(*boxes)
    return heif(image_format, colours, _alpha(image_format, 0), hidden=[1])


def _tiles(image_format: str) -> bytes:
    tiles = [_colours(image_format).referring(prem=[3]), _colours(image_format, photo()[::-1]).referring(prem=[4])]
    masks = [_alpha(image_format, 1), _alpha(image_format, 2)]
    return heif(image_format, grid(1, 2, 192, 64, 1, 2).with_properties(IROT[1]), *tiles, *masks, hidden=range(1, 5))


def _alpha_grid(image_format: str) -> bytes:
    own = grid(1, 2, 192, 64, 4, 5).with_properties(AUXC)
    own = own.referring(**own.references, auxl=[0])
    tiles, masks = [_colours(image_format)] * 2, [_mask(image_format)] * 2
    return heif(image_format, grid(1, 2, 192, 64, 1, 2), *tiles, own, *masks, hidden=range(1, 6))


def _with_exif(image_format: str) -> bytes:
    block = exif({ORIENTATION: 6, ARTIST: "An artist"})
    payload = (6).to_bytes(4, "big") + block
    return heif(image_format, _colours(image_format), Part("Exif", payload, ()).referring(cdsc=[0]))
