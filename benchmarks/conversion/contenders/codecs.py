"""The codecs that ImageMagick uses, called directly: a lower bound for everything built on them.

Decoding uses the smallest of libjpeg's n/8 sizes that is not smaller than the target. Resizing to the target is not
measured; encoding the target is.
"""

import ctypes
import io
import os

from PIL import Image, ImageOps

from benchmarks.conversion.contenders import MAX_SIDE, QUALITY, Contender, Missing

_EIGHTHS = range(1, 9)
_RGB = 0
"""The pixel format TJPF_RGB of turbojpeg.h."""


class Codecs:
    """libjpeg-turbo through its TurboJPEG API, and libwebp through its simple API, which uses method 4."""

    def __init__(self, jpeg: ctypes.CDLL, webp: ctypes.CDLL) -> None:
        self.jpeg, self.webp = jpeg, webp
        jpeg.tjInitDecompress.restype = ctypes.c_void_p
        self.decoder = ctypes.c_void_p(jpeg.tjInitDecompress())
        webp.WebPEncodeRGB.restype = ctypes.c_size_t
        webp.WebPEncodeRGB.argtypes = [
            ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_float, ctypes.POINTER(ctypes.c_void_p)
        ]  # fmt: skip
        webp.WebPFree.argtypes = [ctypes.c_void_p]
        self.decoded = (0, 0)
        self.target = Image.new("RGB", (1, 1))

    def prepare(self, source: bytes) -> None:
        """Compute the target from the decoded image."""
        with Image.open(io.BytesIO(source)) as image:
            width, height = image.size
            orientation = image.getexif().get(0x0112, 1)
        longer = max(width, height)
        eighths = next((n for n in _EIGHTHS if -(-longer * n // 8) >= MAX_SIDE), 8)
        self.decoded = (-(-width * eighths // 8), -(-height * eighths // 8))
        picture = Image.frombytes("RGB", self.decoded, bytes(self._decode(source)))
        scale = min(1, MAX_SIDE / longer)
        small = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.LANCZOS)
        small.getexif()[0x0112] = orientation
        self.target = ImageOps.exif_transpose(small)
        self.pixels = self.target.tobytes()

    def convert(self, source: bytes) -> bytes:
        """Decode the source, then encode the prepared target."""
        self._decode(source)
        out = ctypes.c_void_p()
        width, height = self.target.size
        length = self.webp.WebPEncodeRGB(self.pixels, width, height, width * 3, QUALITY, ctypes.byref(out))
        try:
            return ctypes.string_at(out, length)
        finally:
            self.webp.WebPFree(out)

    def _decode(self, source: bytes) -> ctypes.Array[ctypes.c_char]:
        width, height = self.decoded
        pixels = ctypes.create_string_buffer(width * height * 3)
        length = ctypes.c_ulong(len(source))
        if self.jpeg.tjDecompress2(self.decoder, source, length, pixels, width, width * 3, height, _RGB, 0):
            raise ValueError("libjpeg-turbo cannot decode this file")
        return pixels


def contender() -> Contender:
    """Load the system's libraries. Raises Missing if one is not installed."""
    try:
        jpeg, webp = ctypes.CDLL("libturbojpeg.so.0"), ctypes.CDLL("libwebp.so.7", mode=os.RTLD_LOCAL)
    except OSError as error:
        raise Missing(f"{error}: apt-get install libturbojpeg0 libwebp7") from error
    Image.MAX_IMAGE_PIXELS = None
    return Codecs(jpeg, webp)
