"""The colour profile of a HEIC or AVIF file, which ImageMagick 6 forgets, and 7 where it is only named."""

import io

from imagejobs.conversion.colour.coded_profile import coded_profile
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.colour import coded_colour, embedded_profile
from imagejobs.conversion.formats.heif.structure import parts_of, read_file


def find_profile(source: bytes) -> bytes | None:
    """The ICC profile of a file that was probed, or one that is made of its code points; None for sRGB and HDR."""
    _, items = read_file(ByteReader(io.BytesIO(source), "HEIF"), "HEIF")
    primary = items.find(items.primary)
    described = [primary, *(items.find(number) for number in list(parts_of(primary))[:1])]
    embedded = embedded_profile(described)
    if embedded is not None:
        return embedded
    coded = coded_colour(described)
    return coded_profile(coded) if coded else None
