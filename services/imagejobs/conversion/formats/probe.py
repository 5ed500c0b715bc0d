"""Is a file a whole image, and how big? Judged by its structure, without decoding, reading only what it must."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import BinaryIO

from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.gif.structure import read_gif
from imagejobs.conversion.formats.heif.structure import read_avif, read_heic
from imagejobs.conversion.formats.jpeg.structure import read_jpeg
from imagejobs.conversion.formats.png.structure import read_png
from imagejobs.conversion.formats.registry import AVIF, FORMATS, GIF, HEIC, JPEG, PNG, TIFF, WEBP, Format, sniff
from imagejobs.conversion.formats.structure import Structure
from imagejobs.conversion.formats.tiff.structure import read_tiff
from imagejobs.conversion.formats.webp.structure import read_webp
from imagejobs.conversion.options import Options
from imagejobs.value_ranges import WEBP_MAX_SIDE

SNIFFED_BYTES = 32
_READERS: Mapping[str, Callable[[ByteReader], Structure]] = {
    JPEG.name: read_jpeg,
    PNG.name: read_png,
    GIF.name: read_gif,
    WEBP.name: read_webp,
    HEIC.name: read_heic,
    AVIF.name: read_avif,
    TIFF.name: read_tiff,
}


@dataclass(frozen=True, slots=True)
class Probe(Structure):
    """What the file's structure says, and its format."""

    format: Format = field(kw_only=True)


def probe(source: BinaryIO) -> Probe:
    """Walk through a seekable file from its beginning to the end of its image.

    Bytes behind the image are accepted. Raises ConversionError `unsupported_type`, `truncated` or `corrupt`.
    """
    source.seek(0)
    image_format = sniff(source.read(SNIFFED_BYTES))
    if image_format is None:
        raise _unsupported()
    structure = _READERS[image_format.name](ByteReader(source, image_format.title))
    return Probe(**{each.name: getattr(structure, each.name) for each in fields(structure)}, format=image_format)


def check_limits(probe: Probe, options: Options) -> None:
    """Raises ConversionError `too_many_frames` or `too_many_pixels`, the latter also for a side above WebP's limit."""
    title = probe.format.title
    if probe.frames > options.max_frames:
        raise ConversionError(
            ErrorCode.TOO_MANY_FRAMES,
            f"The {title} has {probe.frames} frames; {options.max_frames} are allowed. Send a shorter animation.",
        )
    if max(probe.width, probe.height) > WEBP_MAX_SIDE:
        raise ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The {title} is {probe.width} x {probe.height}; a side may have {WEBP_MAX_SIDE} pixels. Send it smaller.",
        )
    if probe.pixels > options.max_pixels:
        raise ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The {title} has {probe.pixels} pixels in {probe.frames} frame(s) of {probe.width} x {probe.height}; "
            f"{options.max_pixels} are allowed. Send it smaller.",
        )
    if probe.decoder_bytes > options.max_decoding_bytes:
        raise ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The {title} of {probe.width} x {probe.height} pixels takes {probe.decoder_bytes // 1_000_000} MB to "
            f"decode, as it is written; {options.max_decoding_bytes // 1_000_000} are allowed. Send it smaller, or "
            "save it without interlacing and with 8 bits a channel.",
        )


def _unsupported() -> ConversionError:
    accepted = ", ".join(each.title for each in FORMATS)
    return ConversionError(
        ErrorCode.UNSUPPORTED_TYPE, f"The file is not an accepted image, judged by its bytes. Send one of {accepted}."
    )
