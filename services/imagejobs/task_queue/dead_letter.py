"""What is kept of a message that nobody can read."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime

from imagejobs.times import isoformat

MAX_DEAD_LETTERS = 1_000
"""The newest are kept: a producer gone wrong must not fill the memory of a Redis that all others need."""


def encode_dead_letter(raw: bytes, reason: str) -> bytes:
    """JSON with `reason`, `at` (UTC), `base64` of the bytes as they came, and `message`, the same as text if UTF-8."""
    letter = {"reason": reason, "at": isoformat(datetime.now(UTC)), "base64": base64.b64encode(raw).decode()}
    with suppress(UnicodeDecodeError):
        letter["message"] = raw.decode()
    return json.dumps(letter).encode()
