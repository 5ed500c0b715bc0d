"""The messages between parent and child: a JSON header and a payload of bytes, after the lengths of both.

They are not pickled, so that an attacker who has taken over the child cannot run code in the parent.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

_LENGTHS = struct.Struct("<IQ")
MAX_HEADER_BYTES = 1 << 20


def write_message(stream: BinaryIO, header: Mapping[str, Any], payload: bytes = b"") -> None:
    """Send one message. Raises OSError if the other side has ended."""
    head = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(head), len(payload)) + head)
    stream.write(payload)
    stream.flush()


def read_message(stream: BinaryIO, max_payload_bytes: int) -> tuple[dict[str, Any], bytes]:
    """Receive the next message. Raises EOFError if the other side has ended, ValueError for a malformed message."""
    head_bytes, payload_bytes = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    if head_bytes > MAX_HEADER_BYTES or payload_bytes > max_payload_bytes:
        raise ValueError(f"a message with {head_bytes} bytes of header and {payload_bytes} of payload is too large")
    try:
        header = json.loads(_read(stream, head_bytes))
    except RecursionError as error:
        raise ValueError("the header of a message is nested too deeply") from error
    if not isinstance(header, dict):
        raise ValueError("a message without a header")  # noqa: TRY004 - one exception for every malformed message
    return header, _read(stream, payload_bytes)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
