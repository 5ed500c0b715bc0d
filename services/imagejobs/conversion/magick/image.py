"""A picture of ImageMagick, whose harmless warnings are only logged."""

import ctypes
import logging
from typing import Self

from wand.exceptions import BaseError, CorruptImageWarning, MissingDelegateWarning

from imagejobs.conversion.magick.library import IS_VERSION_6, Image, library
from imagejobs.conversion.magick.noted_exceptions import image_exceptions, wand_exceptions

logger = logging.getLogger(__name__)

_CHAR, _SHORT = 1, 7
"""StorageTypes of ImageMagick: unsigned numbers of 8 and 16 bits."""
_STORAGE_BYTES = {_CHAR: 1, _SHORT: 2}
_CHROMA_SHIFT = 128 / 255 - 0.5
_COPY_ALPHA = "copy_opacity" if IS_VERSION_6 else "copy_alpha"
"""The operator that copies a mask into alpha, by its name in this version."""
PREMATURE_END = "remature end"
_BAD_INDEX = "invalid colormap index"
_BAD_CODE = "bad Huffman code"


class MagickImage(Image):  # type: ignore[misc]  # Wand has no types
    """A Wand image that logs harmless warnings at DEBUG: ImageMagick warns of much that viewers ignore."""

    def raise_exception(self, stacklevel: int = 1) -> None:  # noqa: ARG002 - Wand's signature
        """Raise the errors that the library reports, and the warnings by which a part of the picture is lost."""
        noted = wand_exceptions(self.wand)
        for problem in (self.get_exception(), *noted):
            _raise_unless_harmless(problem)

    def raise_decoding_exception(self) -> None:
        """As `raise_exception`, also for what the decoder recorded on the frames although it returned a picture."""
        self.raise_exception()
        self.iterator_first()
        for problem in image_exceptions(self.wand):
            _raise_unless_harmless(problem)

    @property
    def colour_space(self) -> str:
        """Wand's name of the colour space; empty if Wand has no name for it, as for linear grey."""
        try:
            return str(self.colorspace)
        except IndexError:
            return ""

    def export_bytes(self, channels: str, top: int = 0, count: int | None = None) -> bytes:
        """The pixels of all rows, or of `count` rows from `top` on: a byte for each of these channels, as in `RGBA`."""
        return self._export(channels, top, self.height - top if count is None else count, _CHAR)

    def import_bytes(self, channels: str, data: bytes) -> None:
        """Replace all pixels by those that `export_bytes` returned."""
        self._import(channels, 0, self.height, _CHAR, data)

    def export_rows(self, channels: str, top: int, count: int) -> bytes:
        """The pixels of `count` rows from `top` on: 16 bits for each channel, in the machine's byte order."""
        return self._export(channels, top, count, _SHORT)

    def import_rows(self, channels: str, top: int, count: int, data: bytes) -> None:
        """Replace the pixels of some rows by those that `export_rows` returned."""
        self._import(channels, top, count, _SHORT, data)

    def _export(self, channels: str, top: int, count: int, storage: int) -> bytes:
        data = ctypes.create_string_buffer(self.width * count * len(channels) * _STORAGE_BYTES[storage])
        area = (0, top, self.width, count)
        if not library.MagickExportImagePixels(self.wand, *area, channels.encode(), storage, data):
            self.raise_exception()
        return data.raw

    def _import(self, channels: str, top: int, count: int, storage: int, data: bytes) -> None:
        area = (0, top, self.width, count)
        if not library.MagickImportImagePixels(self.wand, *area, channels.encode(), storage, data):
            self.raise_exception()

    def convert_to_srgb(self) -> None:
        """Convert the pixels from their colour space to sRGB, without a profile.

        8-bit decoders return YCbCr whose grey is 128 of 255; ImageMagick 6 assumes 127.5, which tints grey.
        """
        if self.colour_space == "ycbcr":
            for channel in ("green", "blue"):
                self.evaluate("subtract", _CHROMA_SHIFT * self.quantum_range, channel=channel)
        if self.colour_space != "srgb":
            self.transform_colorspace("srgb")

    def set_alpha(self, mask: Self) -> None:
        """Use a grey picture of the same size as alpha; white is opaque."""
        self.alpha_channel = "set"
        self.composite(mask, operator=_COPY_ALPHA)

    def clone(self) -> Self:
        """A copy that shares the pixels until one of the two changes."""
        return type(self)(image=self)

    def convert_profile(self, profile: bytes) -> bool:
        """Convert the pixels from the embedded ICC profile to this one; false if the embedded one is not usable."""
        if library.MagickProfileImage(self.wand, b"ICC", profile, len(profile)):
            return True
        try:
            self.raise_exception()
        except BaseError as error:
            if not _is_unusable_profile(error):
                raise
        return False


def _raise_unless_harmless(problem: Exception | None) -> None:
    if problem is None:
        return
    if _BAD_INDEX in str(problem):  # The pixel still gets a colour from the palette: no part of the picture is lost.
        return
    if not isinstance(problem, Warning) or isinstance(problem, MissingDelegateWarning) or _is_loss(problem):
        raise problem
    logger.debug("ImageMagick: %s", problem)


def _is_unusable_profile(error: BaseError) -> bool:
    """Whether the embedded profile is unusable. Some builds of ImageMagick report this without spaces."""
    message = str(error).lower().replace(" ", "")
    return "profilemismatch" in message or "colortransform" in message


def _is_loss(warning: Warning) -> bool:
    """Whether a part of the picture is lost: libjpeg only warns of missing or unreadable data and paints it grey."""
    message = str(warning)
    return isinstance(warning, CorruptImageWarning) and (PREMATURE_END in message or _BAD_CODE in message)
