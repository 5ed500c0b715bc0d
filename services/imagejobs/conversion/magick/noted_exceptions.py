"""All warnings and errors that ImageMagick recorded while decoding; a wand reports only the first."""

import ctypes

from wand.exceptions import TYPE_MAP, WandException

from imagejobs.conversion.magick.library import libmagick, library


class _ExceptionInfo(ctypes.Structure):
    """The head of ImageMagick's ExceptionInfo (magick/exception.h); `exceptions` is a list of the same."""

    _fields_ = (
        ("severity", ctypes.c_int),
        ("error_number", ctypes.c_int),
        ("reason", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("exceptions", ctypes.c_void_p),
    )


class _Wand(ctypes.Structure):
    """The MagickWand of version 7 (MagickWand/magick-wand-private.h)."""

    _fields_ = (
        ("id", ctypes.c_size_t),
        ("name", ctypes.c_char * 4096),
        ("images", ctypes.c_void_p),
        ("image_info", ctypes.c_void_p),
        ("exception", ctypes.POINTER(_ExceptionInfo)),
        ("flags", ctypes.c_int * 3),
        ("signature", ctypes.c_size_t),
    )


_SIGNATURE = 0xABACADAB
_IMAGES_HAVE_EXCEPTIONS = hasattr(libmagick, "GetImageException")
"""Version 6 records the warnings of libjpeg and libpng on the image, not on the wand; version 7 on the wand."""

libmagick.ResetLinkedListIterator.argtypes = [ctypes.c_void_p]
libmagick.ResetLinkedListIterator.restype = None
libmagick.GetNextValueInLinkedList.argtypes = [ctypes.c_void_p]
libmagick.GetNextValueInLinkedList.restype = ctypes.c_void_p
if _IMAGES_HAVE_EXCEPTIONS:
    library.GetImageFromMagickWand.argtypes = [ctypes.c_void_p]
    library.GetImageFromMagickWand.restype = ctypes.c_void_p
    libmagick.AcquireExceptionInfo.argtypes = []
    libmagick.AcquireExceptionInfo.restype = ctypes.POINTER(_ExceptionInfo)
    libmagick.GetImageException.argtypes = [ctypes.c_void_p, ctypes.POINTER(_ExceptionInfo)]
    libmagick.GetImageException.restype = None
    libmagick.DestroyExceptionInfo.argtypes = [ctypes.POINTER(_ExceptionInfo)]
    libmagick.DestroyExceptionInfo.restype = ctypes.c_void_p


def image_exceptions(wand: int) -> list[WandException]:
    """What version 6 recorded on the wand's current image and those after it, as Wand's classes; empty in version 7."""
    image = library.GetImageFromMagickWand(wand) if _IMAGES_HAVE_EXCEPTIONS else None
    if not image:
        return []
    info = libmagick.AcquireExceptionInfo()
    try:
        libmagick.GetImageException(image, info)
        return _exceptions(info.contents)
    finally:
        libmagick.DestroyExceptionInfo(info)


def wand_exceptions(wand: int) -> list[WandException]:
    """What version 7 recorded on the wand; empty in version 6, and after the wand's exception was fetched.

    The library reports only the first, so its private structure is read, if the signature is at the expected place.
    """
    if _IMAGES_HAVE_EXCEPTIONS or not wand:
        return []
    private = ctypes.cast(wand, ctypes.POINTER(_Wand)).contents
    is_known = private.signature == _SIGNATURE and private.exception
    return _exceptions(private.exception.contents) if is_known else []


def _exceptions(info: _ExceptionInfo) -> list[WandException]:
    """The most severe first; those of one severity in their order."""
    if not info.exceptions:
        return []
    noted = []
    libmagick.ResetLinkedListIterator(info.exceptions)
    while address := libmagick.GetNextValueInLinkedList(info.exceptions):
        each = ctypes.cast(address, ctypes.POINTER(_ExceptionInfo)).contents
        if kind := TYPE_MAP.get(each.severity):
            noted.append((each.severity, kind((each.reason or b"").decode(errors="replace"))))
    return [error for _, error in sorted(noted, key=lambda each: -each[0])]
