"""Which of the formats the ImageMagick of this machine really decodes, found out by trying."""

from base64 import b64decode
from collections.abc import Mapping
from functools import cache

from wand.exceptions import WandException

from imagejobs.conversion.errors import ErrorCode, MachineFault
from imagejobs.conversion.formats.registry import FORMATS, Format
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.machine_room import LOADING_BYTES, has_files, has_memory
from imagejobs.conversion.magick.shortages import shortage_in

_SIDE = 8
_SAMPLES: Mapping[str, str] = {
    "jpeg": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8"
        "ybqmx5moq6T/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AC//Z"
    ),
    "png": "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGM8ISfHgA0wYRUdtBIA0MoBFD5jqJkAAAAASUVORK5CYII=",
    "gif": "R0lGODdhCAAIAIEAAMgeHgAAAAAAAAAAACwAAAAACAAIAAAIDwABCBxIsKDBgwgTKkwYEAA7",
    "webp": "UklGRh4AAABXRUJQVlA4TBEAAAAvB8ABAAdQjyLXo/+BiOh/AAA=",
    "heic": (
        "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9j"
        "AAAAAERAAAEAAQAAAAABoAABAAAAAAAAACoAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/Glw"
        "cnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AA"
        "AAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABA"
        "AAAAQAAAAChjbGFwAAAACAAAAAEAAAAIAAAAAf///8gAAAAC////yAAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYEC"
        "AwWEAAAAMm1kYXQAAAAmKAGvGSFeQkDvXaW//34+/1mF/iVbfKZKppcE14iZCwOBgI2RnTg="
    ),
    "avif": (
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAO"
        "cGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAJQAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAA"
        "AABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAG"
        "gAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAALW1kYXQSAAoIGAi/aICGg0IyFxxHh4Xd0000wsAAAJA1jjx+vgy3aCZK"
    ),
    "tiff": (
        "SUkqABgAAAD5UflR+VH5UflR+VH5UflRCQAAAQMAAQAAAAgAAAABAQMAAQAAAAgAAAACAQMAAQAAAAgAAAADAQMAAQAAAAWAAAAGAQMAAQAA"
        "AAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAAAgAAAAXAQQAAQAAABAAAAAcAQMAAQAAAAEAAAAAAAAA"
    ),
}
"""A picture of 8 x 8 pixels in each. That ImageMagick lists a decoder says little: its codec may be another package."""


@cache
def readable_formats() -> tuple[Format, ...]:
    """The formats that can be decoded here, in the order of FORMATS. Only for a process that converts.

    Raises MachineFault where the machine has too little to find out.
    """
    return tuple(each for each in FORMATS if _is_readable(each))


def _is_readable(image_format: Format) -> bool:
    try:
        with MagickImage() as image:
            image.read(blob=b64decode(_SAMPLES[image_format.name]), format=image_format.decoder)
            return bool(image.size == (_SIDE, _SIDE))
    except (WandException, OSError) as error:
        if shortage_in(str(error)) or not (has_files() and has_memory(LOADING_BYTES)):
            raise MachineFault(
                ErrorCode.CONVERSION_MEMORY,
                f"There is not enough memory, disk or open files to find out whether {image_format.title} is read "
                f"here: {error}",
            ) from error
        if not isinstance(error, WandException):
            raise
        return False
