"""Reading the body of an upload."""

from typing import BinaryIO


def read_body(data: BinaryIO, size: int, key: str) -> bytes:
    """Read the next `size` bytes of `data`. Raises ValueError if it ends earlier."""
    body = data.read(size)
    if len(body) != size:
        raise ValueError(f"the upload of {key} ends after {len(body)} of {size} bytes")
    return body
