"""What ImageMagick 6 notes on an image while decoding it and tells no wand: libjpeg's and libpng's complaints."""

import ctypes

from wand.api import libmagick, library
from wand.exceptions import TYPE_MAP, WandException


class _ExceptionInfo(ctypes.Structure):
    """The head of ImageMagick 6's ExceptionInfo (magick/exception.h)."""

    _fields_ = (
        ("severity", ctypes.c_int),
        ("error_number", ctypes.c_int),
        ("reason", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
    )


_HAS_OWN_EXCEPTIONS = hasattr(libmagick, "GetImageException")
"""Version 7 has abolished them: there the wand knows everything."""

if _HAS_OWN_EXCEPTIONS:
    library.GetImageFromMagickWand.argtypes = [ctypes.c_void_p]
    library.GetImageFromMagickWand.restype = ctypes.c_void_p
    libmagick.AcquireExceptionInfo.argtypes = []
    libmagick.AcquireExceptionInfo.restype = ctypes.POINTER(_ExceptionInfo)
    libmagick.GetImageException.argtypes = [ctypes.c_void_p, ctypes.POINTER(_ExceptionInfo)]
    libmagick.GetImageException.restype = None
    libmagick.DestroyExceptionInfo.argtypes = [ctypes.POINTER(_ExceptionInfo)]
    libmagick.DestroyExceptionInfo.restype = ctypes.c_void_p


def image_exception(wand: int) -> WandException | None:
    """The gravest exception of the wand's current image and those after it, as Wand's class of that severity."""
    image = library.GetImageFromMagickWand(wand) if _HAS_OWN_EXCEPTIONS else None
    if not image:
        return None
    info = libmagick.AcquireExceptionInfo()
    try:
        libmagick.GetImageException(image, info)
        kind = TYPE_MAP.get(info.contents.severity)
        return kind((info.contents.reason or b"").decode(errors="replace")) if kind else None
    finally:
        libmagick.DestroyExceptionInfo(info)
