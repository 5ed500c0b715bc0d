"""The colour profile of a HEIC or AVIF file. ImageMagick 6 drops all profiles, version 7 those in code points."""

import io

from imagejobs.conversion.colour.coded_profile import coded_profile
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.boxes import boxes, required
from imagejobs.conversion.formats.heif.colour import coded_colour, embedded_profile, is_embedded_profile
from imagejobs.conversion.formats.heif.file import find_meta, read_file
from imagejobs.conversion.formats.heif.structure import parts_of

_IGNORED = b"free"


def find_profile(source: bytes) -> bytes | None:
    """The ICC profile of a file that was probed, or a profile of its code points; None for sRGB and HDR."""
    _, items = read_file(ByteReader(io.BytesIO(source), "HEIF"))
    primary = items.find(items.primary)
    described = [primary, *(items.find(number) for number in list(parts_of(primary))[:1])]
    embedded = embedded_profile(described)
    if embedded is not None:
        return embedded
    coded = coded_colour(described)
    return coded_profile(coded) if coded else None


def without_profile(source: bytes) -> bytes:
    """A file that was probed, with its ICC profiles in boxes that decoders ignore.

    If ImageMagick 6 sees a profile, it converts the decoder's YCbCr to RGB itself, and tints grey.
    """
    meta = find_meta(ByteReader(io.BytesIO(source), "HEIF"))
    properties = required(meta.data[4:], b"iprp")
    container = required(properties.data, b"ipco")
    start, changed = meta.at + 4 + properties.at + container.at, bytearray(source)
    for box in boxes(container.data):
        kind = slice(start + box.at - 4, start + box.at)
        # A box whose length has 8 bytes has its type elsewhere, and is left as it is.
        if is_embedded_profile(box) and changed[kind] == box.kind:
            changed[kind] = _IGNORED
    return bytes(changed)
