"""The content type of an object by its key, for storages and listings that have no other."""

from pathlib import PurePosixPath

from imagejobs.conversion.formats.registry import FORMATS

UNKNOWN = "application/octet-stream"
_OTHERS = {"bmp": "image/bmp", "jxl": "image/jxl", "svg": "image/svg+xml"}
"""Images that a storage may hold although the service does not convert them."""
_BY_EXTENSION = _OTHERS | {extension: name for each in FORMATS for extension, name in each.content_types.items()}
"""The types are those of the IANA registry. Python's own table depends on the machine."""


def content_type_of(key: str) -> str:
    """The content type of the key's extension; `application/octet-stream` for an unknown one."""
    return _BY_EXTENSION.get(PurePosixPath(key).suffix[1:].lower(), UNKNOWN)
