"""The record that is kept of a message that cannot be read."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime

from imagejobs.times import isoformat

MAX_DEAD_LETTERS = 1_000
"""The newest are kept, so that a faulty producer cannot fill the memory of a shared Redis."""


def encode_dead_letter(raw: bytes, reason: str) -> bytes:
    """JSON with `reason`, `at` (UTC), `base64` (the original bytes) and, if they are UTF-8, `message` (the text)."""
    letter = {"reason": reason, "at": isoformat(datetime.now(UTC)), "base64": base64.b64encode(raw).decode()}
    with suppress(UnicodeDecodeError):
        letter["message"] = raw.decode()
    return json.dumps(letter).encode()
