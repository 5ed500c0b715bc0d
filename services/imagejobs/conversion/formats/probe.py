"""Checks that a file is a whole image within the limits: by its structure, without decoding."""

from dataclasses import dataclass, field, fields
from typing import BinaryIO

from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.registry import FORMATS, recognise
from imagejobs.conversion.formats.structure import Structure
from imagejobs.conversion.options import Options
from imagejobs.value_ranges import WEBP_MAX_SIDE


@dataclass(frozen=True, slots=True)
class Probe(Structure):
    """The structure of a file, and its format."""

    format: Format = field(kw_only=True)


def probe(source: BinaryIO) -> Probe:
    """Recognise the format of a seekable file and read its structure, from the beginning to the end of the image.

    Bytes after the image are accepted. Raises ConversionError `unsupported_type`, `truncated` or `corrupt`.
    """
    image_format = recognise(source)
    if image_format is None:
        raise _unsupported()
    return read_structure(source, image_format)


def read_structure(source: BinaryIO, image_format: Format) -> Probe:
    """The structure of a file whose format is known. Raises ConversionError as `probe` does."""
    structure = image_format.read(ByteReader(source, image_format.title))
    return Probe(**{each.name: getattr(structure, each.name) for each in fields(structure)}, format=image_format)


def check_limits(probe: Probe, options: Options) -> None:
    """Raises ConversionError `too_many_frames` or `too_many_pixels`, the latter also for a side beyond WebP's limit."""
    title = probe.format.title
    if probe.frames > options.max_frames:
        raise ConversionError(
            ErrorCode.TOO_MANY_FRAMES,
            f"The {title} has {probe.frames} frames; {options.max_frames} are allowed. Send a shorter animation.",
        )
    if max(probe.width, probe.height) > WEBP_MAX_SIDE:
        raise ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The {title} is {probe.width} x {probe.height}; a side may have {WEBP_MAX_SIDE} pixels. "
            "Send a smaller image.",
        )
    if probe.pixels > options.max_pixels:
        raise ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The {title} has {probe.pixels} pixels in {probe.frames} frame(s) of {probe.width} x {probe.height}; "
            f"{options.max_pixels} are allowed. Send a smaller image.",
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
