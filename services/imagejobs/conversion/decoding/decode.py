"""From the bytes of a file to its frames: each the full canvas, as a viewer shows it, one at a time."""

from collections.abc import Callable, Iterator, Mapping

from imagejobs.conversion.decoding.heif import decode_heif
from imagejobs.conversion.decoding.picture import decode_in_full, decode_picture
from imagejobs.conversion.decoding.playback import play
from imagejobs.conversion.decoding.tiff import decode_tiff
from imagejobs.conversion.formats.format import Size
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.formats.registry import AVIF, HEIC, TIFF
from imagejobs.conversion.magick.image import MagickImage

STILL_DECODERS: Mapping[str, Callable[[bytes, Probe], MagickImage]] = {
    HEIC.name: decode_heif,
    AVIF.name: decode_heif,
    TIFF.name: decode_tiff,
}
"""The formats whose stills ImageMagick alone decodes wrong, by their names in the registry."""


def decode(source: bytes, probe: Probe, target: Size) -> Iterator[MagickImage]:
    """The frames of a file that was probed, not yet upright. The caller closes each before it asks for the next.

    A decoder that can scale scales the picture, to no less than `target`: width and height before the orientation is
    applied. Raises ConversionError if the picture contradicts the structure or cannot be decoded.
    """
    split = probe.format.split
    # An animation of one frame is split, too: its frame need not be the still, and ImageMagick may show a blank canvas.
    if split and probe.durations_ms:
        return play(split(source), probe)
    return iter([_decode_still(source, probe, target)])


def _decode_still(source: bytes, probe: Probe, target: Size) -> MagickImage:
    size = (probe.width, probe.height)
    if decode_special := STILL_DECODERS.get(probe.format.name):
        image = decode_special(source, probe)
    elif options := probe.format.scale(size, target):
        image = decode_picture(source, probe.format, size, options)
    else:
        image = decode_in_full(source, probe.format, size)
    if probe.is_opaque:
        image.alpha_channel = "off"
    return image
