"""ImageMagick's library in this process: loading it, limiting it, and its version."""

import ctypes
import os
from functools import cache

from imagejobs.conversion.formats.structure import BYTES_PER_PIXEL
from imagejobs.conversion.magick.machine_room import LOADING_BYTES, has_memory
from imagejobs.conversion.options import Options
from imagejobs.errors import ConfigurationError

try:
    from wand.api import libmagick, library
    from wand.image import Image
    from wand.resource import genesis, limits
    from wand.version import MAGICK_HDRI, MAGICK_VERSION_INFO
except ImportError as error:
    if not has_memory(LOADING_BYTES):
        raise ConfigurationError(
            "There is not enough memory to load ImageMagick's library. Allow the process more (ulimit -v)."
        ) from error
    raise ConfigurationError(
        "ImageMagick's library was not found. Install it: run `make install`, or "
        "`apt-get install libmagickwand-7.q16-10` (Debian 12 and Ubuntu 22.04: libmagickwand-6.q16-6)."
    ) from error

__all__ = ["IS_VERSION_6", "MAGICK_HDRI", "Image", "apply_limits", "encoder_name", "libmagick", "library"]

library.MagickProfileImage.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
library.MagickProfileImage.restype = ctypes.c_bool
# Before any thread converts: two threads must not initialise the library at once.
genesis()

_SMALL_BYTES = 64_000_000
"""The pixels that always stay in memory: those of pictures that are already scaled down."""
_COPIES = 3
"""Pictures of full size at once: decoded, coalesced or turned, and resized."""
_LIBWEBP = "libwebp.so.7"
IS_VERSION_6 = MAGICK_VERSION_INFO < (7,)


def apply_limits(options: Options, decoder_bytes: int = 0) -> None:
    """Set the limits of this process: the memory, mapped files and disk that `max_pixels` requires, and one thread.

    If a decoder needs `decoder_bytes`, which cannot be put on disk, less memory is left for pixels, and more of them go
    to disk. The policy.xml of the machine may lower the limits. No time limit is set: ImageMagick counts time from the
    start of the process, and ends the process.
    """
    # HDRI builds take twice as many bytes a pixel, and use the disk for the rest.
    budget = options.max_pixels * BYTES_PER_PIXEL * _COPIES
    room = max(_SMALL_BYTES, options.max_decoding_bytes - decoder_bytes)
    limits["memory"] = min(budget, room) if decoder_bytes else budget
    limits["map"] = 0 if decoder_bytes else budget  # Mapped files would take address space, too.
    limits["disk"] = budget
    limits["thread"] = 1


@cache
def encoder_name() -> str:
    """The names and versions of the libraries that wrote the WebP. Call it after the first encoding."""
    numbers = MAGICK_VERSION_INFO
    magick = f"ImageMagick {'.'.join(map(str, numbers[:3]))}-{numbers[3]}"
    libwebp = _libwebp_version()
    return f"{magick}, libwebp {libwebp}" if libwebp else magick


def _libwebp_version() -> str:
    """The version of the libwebp that ImageMagick loaded into this process; empty if the file has another name."""
    try:
        version: int = ctypes.CDLL(_LIBWEBP, mode=os.RTLD_NOLOAD | os.RTLD_LAZY).WebPGetEncoderVersion()
    except (OSError, AttributeError):
        return ""
    return f"{version >> 16 & 0xFF}.{version >> 8 & 0xFF}.{version & 0xFF}"
