"""Reading the body of a GET from an S3 service, bounded in bytes and in time."""

import time

import urllib3

from imagejobs.storage.object_storage import ObjectTooLarge, StorageUnavailable

DOWNLOAD_SECONDS = 120.0
"""For the whole body. The connection's timeout starts anew with each packet, so a slow server never reaches it."""
CHUNK_BYTES = 256 * 1024


def read_download(response: urllib3.BaseHTTPResponse, key: str, max_bytes: int) -> bytes:
    """Return the whole body. Raises ObjectTooLarge, StorageUnavailable or urllib3's exceptions.

    urllib3 2 raises IncompleteRead for a body that is shorter than announced.
    """
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise ObjectTooLarge(f"{key} has {announced} bytes, more than {max_bytes}")
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    body = bytearray()
    while chunk := response.read1(CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > max_bytes:
            raise ObjectTooLarge(f"{key} has more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise StorageUnavailable(f"{key} did not arrive within {DOWNLOAD_SECONDS:.0f} s")
    return bytes(body)
