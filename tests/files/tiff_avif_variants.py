"""Valid TIFFs and AVIFs as scanners, editors and libvips write them."""

import io
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pyvips
from measures.decoded_pictures import Variants, encode, photo
from PIL import Image


def _vips(*, grey: bool = False) -> pyvips.Image:
    picture = photo(200, 140)
    image = pyvips.Image.new_from_array(picture).copy(interpretation="srgb")
    return image.colourspace("b-w") if grey else image


def _tiff(**options: Any) -> bytes:
    return bytes(_vips().tiffsave_buffer(**options))


def _grey_tiff(**options: Any) -> bytes:
    return bytes(_vips(grey=True).tiffsave_buffer(**options))


def _turned(image: pyvips.Image, orientation: int, **options: Any) -> bytes:
    """A TIFF of the unchanged pixels with this orientation tag."""
    image = image.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return bytes(image.tiffsave_buffer(**options))


def _every_turned() -> Mapping[str, Callable[[int], bytes]]:
    """Oriented TIFFs in strips and tiles: JPEG in RGB, RGBA and grey, and the other compressions in RGB."""
    pictures = {"RGB": _vips(), "alpha": _vips().bandjoin(255), "grey": _vips(grey=True)}
    kinds: list[tuple[str, dict[str, Any]]] = [(colour, {"compression": "jpeg", "Q": 95}) for colour in pictures]
    kinds += [("RGB", {"compression": each}) for each in ("none", "lzw", "deflate", "packbits")]
    kinds += [("RGB", {"compression": "jpeg", "Q": 95, "bigtiff": True})]
    places: dict[str, dict[str, Any]] = {"strips": {}, "tiles": {"tile": True, "tile_width": 64, "tile_height": 32}}
    return {
        f"{colour}, {' '.join(map(str, options.values()))}, {place}": partial(
            _turned, pictures[colour], **options, **placed
        )
        for colour, options in kinds
        for place, placed in places.items()
    }


def inks_in_jpeg_tiles() -> bytes:
    """A CMYK TIFF in JPEG tiles, which Pillow and libvips can read."""
    inks = _vips().invert().bandjoin(0).copy(interpretation="cmyk")
    return bytes(inks.tiffsave_buffer(compression="jpeg", tile=True, tile_width=64, tile_height=64))


def _tiff_of(mode: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(photo(200, 140)).convert(mode).save(buffer, "TIFF", **options)
    return buffer.getvalue()


def with_further_channels(colours: str, *kinds: int) -> bytes:
    """A TIFF of RGB, grey or CMYK with one empty extra channel for each kind of ExtraSamples (TIFF 6.0, section 18)."""
    picture = _vips(grey=colours == "grey")
    if colours == "CMYK":
        picture = picture.invert().bandjoin(0)
    interpretation = {"RGB": "srgb", "grey": "b-w", "CMYK": "cmyk"}[colours]
    written = picture.bandjoin([0] * len(kinds)).copy(interpretation=interpretation).tiffsave_buffer()
    head, kind, tail = written.partition(struct.pack("<HHI", 338, 3, len(kinds)))
    assert kind, "libvips wrote no ExtraSamples"
    return bytes(head + kind + struct.pack("<HH", *kinds, *[0] * (2 - len(kinds))) + tail[4:])


TIFFS: Variants = {
    "strips": lambda: encode(photo(), "TIFF", strip_size=500),
    "tiles": lambda: _tiff(tile=True, tile_width=64, tile_height=64),
    "tiles, LZW": lambda: _tiff(tile=True, tile_width=32, tile_height=32, compression="lzw"),
    "tiles of BigTIFF": lambda: _tiff(tile=True, bigtiff=True),
    "a pyramid": lambda: _tiff(tile=True, pyramid=True, tile_width=64, tile_height=64),
    "deflate with a predictor": lambda: _tiff(compression="deflate", predictor="horizontal"),
    "packbits": lambda: _tiff(compression="packbits"),
    "JPEG": lambda: _tiff(compression="jpeg", Q=90),
    "JPEG tiles": lambda: _tiff(compression="jpeg", Q=90, tile=True, tile_width=64, tile_height=64),
    "YCbCr": lambda: _tiff_of("YCbCr"),
    "CMYK": lambda: _tiff_of("CMYK"),
    "CMYK, JPEG": lambda: _tiff_of("CMYK", compression="jpeg"),
    "grey and alpha": lambda: _tiff_of("LA"),
    "RGB and a mask": lambda: with_further_channels("RGB", 0),
    "RGB and two masks": lambda: with_further_channels("RGB", 0, 0),
    "grey and a mask": lambda: with_further_channels("grey", 0),
    "CMYK and a spot colour": lambda: with_further_channels("CMYK", 0),
    "1 bit": lambda: _grey_tiff(bitdepth=1),
    "1 bit, white is 0": lambda: _grey_tiff(bitdepth=1, miniswhite=True),
    "2 bits": lambda: _grey_tiff(bitdepth=2),
    "4 bits": lambda: _grey_tiff(bitdepth=4),
    "fax, group 3": lambda: _tiff_of("1", compression="group3"),
    "fax, group 4": lambda: _grey_tiff(bitdepth=1, compression="ccittfax4"),
    "16 bits of RGB": lambda: bytes(_vips().colourspace("rgb16").tiffsave_buffer()),
}
TURNED_TIFFS = _every_turned()
"""Functions from an orientation to a TIFF, by what is special about the file."""
AVIFS: Variants = {
    "4:2:0": lambda: encode(photo(), "AVIF"),
    "4:2:2": lambda: encode(photo(), "AVIF", subsampling="4:2:2"),
    "4:4:4": lambda: encode(photo(), "AVIF", subsampling="4:4:4"),
    "grey": lambda: encode(photo()[..., 0], "AVIF"),
    "limited range": lambda: encode(photo(), "AVIF", range="limited"),
    "odd sides": lambda: encode(photo(101, 67), "AVIF"),
    "quality 100": lambda: encode(photo(), "AVIF", quality=100),
    "10 bits": lambda: bytes(_vips().heifsave_buffer(compression="av1", Q=80, bitdepth=10)),
    "12 bits": lambda: bytes(_vips().heifsave_buffer(compression="av1", Q=80, bitdepth=12)),
}
