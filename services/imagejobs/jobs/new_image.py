"""An image that was received, counted, hashed and recognised, but not yet stored."""

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class NewImage:
    """`file` is seekable and holds `size` bytes; `mimetype` and `extension` come from the bytes, not the client."""

    file: BinaryIO
    size: int
    sha256: str
    mimetype: str
    extension: str
    filename: str
