"""Decode a file with Pillow and libvips: upright, in sRGB, reduced, with the duration of every frame."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pillow_heif
import pyvips
from imagejobs.conversion.processing.geometry import fit
from measures.colour_science import SRGB, RgbSpace, to_srgb
from measures.decoded_pictures import Pixels, resized
from PIL import Image, ImageCms, ImageOps

PROXY_SIDE, PROXY_REDUCTION, PROXY_LEAST = 128, 4, 16
"""Longer side at which pictures are compared, in pixels: a quarter of the original, at most 128, at least 16. At that
size chroma subsampling averages out.
"""
MAX_PIXELS = 60_000_000
"""Limit of all frames together; larger files are not decoded."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "HEIF", "AVIF")
_ANIMATED = ("PNG", "GIF", "WEBP")
_LOADERS = ("jpegload", "pngload", "gifload", "webpload", "heifload", "tiffload")
_OTHER_COLOURS = frozenset({"icc_profile", "srgb"})
"""What takes precedence over gAMA, by Pillow's names."""
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # _check_size checks it instead


class Unread(Exception):
    """A reference cannot read the file; the message says why."""


@dataclass(frozen=True, slots=True)
class Shown:
    """`first` is the first frame as upright RGBA in sRGB; `frames` are all frames at the size of comparison.

    `durations` are in milliseconds. `is_played`: the reference plays animations of this format, else it shows a still.
    """

    first: Pixels
    frames: Sequence[Pixels]
    durations: Sequence[float]
    is_played: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first frame."""
        return self.first.shape[1], self.first.shape[0]


def pillow(data: bytes) -> Shown:
    """Decode the file with Pillow and apply its profile. Raises Unread."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            is_played = image.format in _ANIMATED
            count = getattr(image, "n_frames", 1) if is_played else 1
            _check_size(image.width, image.height, count)
            first = count > 1 and image.info.get("default_image", False)  # skip an APNG's still that is not a frame
            parts = [_pillow_frame(image, index, count) for index in range(first, count)]
    except Unread:
        raise
    except Exception as error:
        raise Unread(str(error) or type(error).__name__) from error
    pictures = [np.asarray(frame) for frame, _ in parts]
    return Shown(pictures[0], [proxy(each) for each in pictures], [time for _, time in parts], is_played)


def _pillow_frame(image: Image.Image, index: int, count: int) -> tuple[Image.Image, float]:
    if count > 1:
        image.seek(index)
    image.load()
    upright = ImageOps.exif_transpose(image)
    shown = _pillow_srgb(upright)
    if image.format == "PNG" and "gamma" in image.info and not _OTHER_COLOURS & image.info.keys():
        shown = _with_gamma(shown, cast("dict[str, Any]", image.info))
    return shown, float(image.info.get("duration", 0))


def _with_gamma(image: Image.Image, info: Mapping[str, Any]) -> Image.Image:
    """Apply a PNG's gAMA and cHRM, as browsers do and Pillow does not (W3C PNG, third edition, 4.3)."""
    x_y = info.get("chromaticity")
    primaries = tuple(zip(x_y[2::2], x_y[3::2], strict=True)) if x_y else SRGB.primaries
    pixels = np.asarray(image)
    colours = np.rint(to_srgb(pixels, RgbSpace("PNG", primaries, 1 / info["gamma"])))
    return Image.fromarray(np.dstack([colours.astype(np.uint8), pixels[..., 3]]))


def _pillow_srgb(image: Image.Image) -> Image.Image:
    """Convert to RGBA in sRGB."""
    if image.mode.startswith("I;16") or image.mode == "I":
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise Unread("samples of 32 bits have no defined white")
        return Image.fromarray(np.rint(values / 257).astype(np.uint8)).convert("RGBA")
    if image.mode == "F":
        raise Unread("floating-point samples have no defined white")
    rgba = image.convert("RGBA") if image.mode not in ("CMYK", "LAB") else None
    profile = image.info.get("icc_profile")
    colours = _through_profile(image, profile) if profile else None
    if colours is None:
        return rgba if rgba is not None else image.convert("RGB").convert("RGBA")
    if rgba is not None:
        colours.putalpha(rgba.getchannel("A"))
    return colours.convert("RGBA")


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert to RGB in sRGB; None if the profile is for another kind of channels than the picture has."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space)
        if mode is None or (mode == "L") != (Image.getmodebase(image.mode) == "L" and image.mode != "P"):
            return None
        if (mode == "CMYK") != (image.mode == "CMYK"):
            return None
        return ImageCms.profileToProfile(image.convert(mode), source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return None


def libvips(data: bytes) -> Shown:
    """Decode the file with libvips and apply its profile. Raises Unread."""
    try:
        loader = pyvips.Image.new_from_buffer(data, "").get("vips-loader").partition("_")[0]
        if loader not in _LOADERS:
            raise Unread(f"libvips's {loader} is not used as a reference")
        is_played = loader in ("gifload", "webpload")
        image = pyvips.Image.new_from_buffer(data, "n=-1" if is_played else "", fail_on="error")
        height = image.get_page_height()
        _check_size(image.width, image.height, 1)
        pixels = _libvips_srgb(image if height < image.height else image.autorot())
        delays = image.get("delay") if image.get_typeof("delay") else []
    except pyvips.Error as error:
        raise Unread(" ".join(str(error).split())) from error
    height = height if is_played else len(pixels)
    frames = [proxy(pixels[top : top + height]) for top in range(0, len(pixels), height)]
    return Shown(pixels[:height], frames, [*delays, *[0] * len(frames)][: len(frames)], is_played)


def _libvips_srgb(image: "pyvips.Image") -> Pixels:
    """Convert to RGBA in sRGB."""
    if image.format in ("float", "double", "complex", "dpcomplex", "int", "uint"):
        raise Unread(f"samples of type {image.format} have no defined white")
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True, depth=8)
    image = image.colourspace("srgb")
    if image.format != "uchar":
        image = image.cast("uchar")
    if not image.hasalpha():
        image = image.addalpha()
    if image.bands != 4:
        raise Unread(f"{image.bands} channels")
    return np.asarray(image.numpy())


def _check_size(width: int, height: int, count: int) -> None:
    if width * height * count > MAX_PIXELS:
        raise Unread(f"{width} x {height} pixels in {count} frames are too many to judge")


def proxy(pixels: Pixels) -> Pixels:
    """The picture scaled to the size of comparison."""
    height, width = pixels.shape[:2]
    side = min(PROXY_SIDE, max(PROXY_LEAST, max(width, height) // PROXY_REDUCTION))
    size = fit(width, height, side)
    return pixels if size == pixels.shape[1::-1] else resized(pixels, *size)


_REFERENCES: dict[str, Callable[[bytes], Shown]] = {"Pillow": pillow, "libvips": libvips}


def show_all(data: bytes) -> dict[str, Shown | str]:
    """By reference: what it shows, or the reason why it shows nothing."""
    found: dict[str, Shown | str] = {}
    for name, show in _REFERENCES.items():
        try:
            found[name] = show(data)
        except Unread as reason:
            found[name] = str(reason)
        except MemoryError:
            found[name] = "it takes too much memory"
    return found
