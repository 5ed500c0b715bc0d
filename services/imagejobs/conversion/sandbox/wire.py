"""What parent and child say to each other: a JSON header and bytes, each with its length before it.

Not pickle: whoever has taken over the child must not be able to run code in the parent.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

_LENGTHS = struct.Struct("<IQ")
MAX_HEADER_BYTES = 1 << 20


def write_message(stream: BinaryIO, header: Mapping[str, Any], payload: bytes = b"") -> None:
    """Send one frame. Raises OSError when the other side is gone."""
    head = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(head), len(payload)) + head)
    stream.write(payload)
    stream.flush()


def read_message(stream: BinaryIO, max_payload_bytes: int) -> tuple[dict[str, Any], bytes]:
    """The next frame. Raises EOFError when the other side is gone, ValueError when it talks nonsense."""
    head_bytes, payload_bytes = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    if head_bytes > MAX_HEADER_BYTES or payload_bytes > max_payload_bytes:
        raise ValueError(f"a frame of {head_bytes} and {payload_bytes} bytes is too large")
    try:
        header = json.loads(_read(stream, head_bytes))
    except RecursionError as error:
        raise ValueError("a header that is nested too deeply") from error
    if not isinstance(header, dict):
        raise ValueError("a frame without a header")  # noqa: TRY004 - one exception for all nonsense
    return header, _read(stream, payload_bytes)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
