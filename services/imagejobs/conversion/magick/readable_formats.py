"""Which formats the ImageMagick of this machine can decode: each is tried with its sample.

ImageMagick's list of decoders does not tell: it also lists a decoder whose codec, from another package, is missing.
"""

from base64 import b64decode
from functools import cache

from wand.exceptions import WandException

from imagejobs.conversion.errors import ErrorCode, MachineFault
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.registry import FORMATS
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.machine_room import LOADING_BYTES, has_files, has_memory
from imagejobs.conversion.magick.shortages import shortage_in

_SIDE = 8


@cache
def readable_formats() -> tuple[Format, ...]:
    """The formats that can be decoded here, in the order of FORMATS. Only a process that converts may call it.

    Raises MachineFault if the machine has too little memory, disk or open files for the trial.
    """
    return tuple(each for each in FORMATS if _is_readable(each))


def _is_readable(image_format: Format) -> bool:
    try:
        with MagickImage() as image:
            image.read(blob=b64decode(image_format.sample), format=image_format.decoder)
            return bool(image.size == (_SIDE, _SIDE))
    except (WandException, OSError) as error:
        if shortage_in(str(error)) or not (has_files() and has_memory(LOADING_BYTES)):
            raise MachineFault(
                ErrorCode.CONVERSION_MEMORY,
                # `sandbox.deaths.not_started` looks for "not enough memory".
                f"There is not enough memory, disk or open files to try whether this machine can decode "
                f"{image_format.title}: {error}. Free some, or raise its limits.",
            ) from error
        if not isinstance(error, WandException):
            raise
        return False
