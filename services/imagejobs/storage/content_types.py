"""The content types of keys, for storages and listings that keep none."""

from pathlib import PurePosixPath

UNKNOWN = "application/octet-stream"
_BY_EXTENSION = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "jxl": "image/jxl",
    "png": "image/png",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "webp": "image/webp",
}
"""The image types of the IANA registry that the service reads or writes; Python's own table depends on the machine."""


def content_type_of(key: str) -> str:
    """The content type that the key's extension stands for, `application/octet-stream` if it stands for none."""
    return _BY_EXTENSION.get(PurePosixPath(key).suffix[1:].lower(), UNKNOWN)
