"""The message on the list: `{"task_type":"process_image","payload":{"imageJobID":"<24 hex>"}}`."""

import json
from collections import Counter
from dataclasses import dataclass

from imagejobs.contract.message_schema import message_violation

PROCESS_IMAGE = "process_image"


class MalformedMessage(Exception):
    """The bytes do not follow the contract, contracts/task_queue.schema.json. `raw` has them unchanged."""

    def __init__(self, raw: bytes, reason: str) -> None:
        self.raw = raw
        self.reason = reason
        super().__init__(reason)


class UnknownTaskType(Exception):
    """A message for another worker that uses the same list."""

    def __init__(self, task_type: str) -> None:
        self.task_type = task_type
        super().__init__(f"task_type {task_type!r} belongs to another worker")


@dataclass(frozen=True, slots=True)
class ProcessImageMessage:
    """Asks a worker to process the image job with this id (24 hex digits)."""

    image_job_id: str

    def encode(self) -> bytes:
        """Compact JSON with exactly the two keys of the contract."""
        message = {"task_type": PROCESS_IMAGE, "payload": {"imageJobID": self.image_job_id}}
        return json.dumps(message, separators=(",", ":")).encode()


def decode(raw: bytes) -> ProcessImageMessage:
    """Read a message from the list; the id is returned in lower case.

    Raises UnknownTaskType for another worker's message, MalformedMessage for all other bytes.
    """
    try:
        text = raw.decode()  # json.loads(raw) would accept UTF-16 and byte order marks, which other readers refuse
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(raw, f"not JSON: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("task_type"), str):
        raise MalformedMessage(raw, "not an object with a task_type")
    if message["task_type"] != PROCESS_IMAGE:
        raise UnknownTaskType(message["task_type"])
    if violation := message_violation(message) or _duplicate_key(text):
        raise MalformedMessage(raw, violation)
    return ProcessImageMessage(message["payload"]["imageJobID"].lower())


def _duplicate_key(text: str) -> str | None:
    """The first key that occurs twice in one object: JSON readers disagree which of the two values counts."""
    found: list[str] = []

    def look(members: list[tuple[str, object]]) -> None:
        keys = Counter(key for key, _ in members)
        found.extend(f"the key {key} occurs more than once" for key, times in keys.items() if times > 1)

    json.loads(text, object_pairs_hook=look)
    return next(iter(found), None)
