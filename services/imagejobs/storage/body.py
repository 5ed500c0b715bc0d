"""Reading the body of an upload."""

from typing import BinaryIO


def read_body(data: BinaryIO, size: int, key: str) -> bytes:
    """The next `size` bytes of `data`. Raises ValueError when it ends before."""
    body = data.read(size)
    if len(body) != size:
        raise ValueError(f"{key}: {size} bytes were announced, but the upload ends after {len(body)}")
    return body
