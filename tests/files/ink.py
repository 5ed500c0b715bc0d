"""Write CMYK JPEGs of every kind that Photoshop and print software write. All of them store the inks inverted."""

import io
from enum import Enum, auto

import numpy as np
from measures.decoded_pictures import Pixels
from PIL import Image

_ADOBE = b"\xff\xee\x00\x0eAdobe"
_MARKER_LENGTH = 16


class Marker(Enum):
    """Adobe's APP14 segment: with transform 0, absent, or with transform 2 (C, M and Y stored as YCC)."""

    PLAIN = auto()
    MISSING = auto()
    YCCK = auto()


def cmyk_jpeg(inks: Pixels, marker: Marker, profile: bytes = b"") -> bytes:
    """Write a file of C, M, Y and K, each from 0 (no ink) to 255 (full ink)."""
    channels = _as_ycc(inks) if marker is Marker.YCCK else inks
    buffer = io.BytesIO()
    image = Image.fromarray(channels, "CMYK")
    image.save(buffer, "JPEG", quality=98, subsampling=0, icc_profile=profile or None)
    data = buffer.getvalue()
    at = data.index(_ADOBE)
    if marker is Marker.MISSING:
        return data[:at] + data[at + _MARKER_LENGTH :]
    if marker is Marker.YCCK:
        transform = at + _MARKER_LENGTH - 1
        return data[:transform] + b"\x02" + data[transform + 1 :]
    return data


def _as_ycc(inks: Pixels) -> Pixels:
    """The inks with C, M and Y as inverted YCC (ITU-T T.872, 6.3): Pillow inverts all channels when it writes."""
    ycc = np.asarray(Image.fromarray(np.ascontiguousarray(inks[..., :3])).convert("YCbCr"))
    return np.dstack([255 - ycc, inks[..., 3]])
