"""The message on the list: `{"task_type":"process_image","payload":{"imageJobID":"<24 hex>"}}`."""

import json
from collections import Counter
from dataclasses import dataclass

from imagejobs.contract.message_schema import message_violation

PROCESS_IMAGE = "process_image"


class MalformedMessage(Exception):
    """The bytes are not a message of the contract; `raw` keeps them as they came."""

    def __init__(self, raw: bytes, reason: str) -> None:
        self.raw = raw
        self.reason = reason
        super().__init__(reason)


class UnknownTaskType(Exception):
    """A well-formed message for another worker on the same list."""

    def __init__(self, task_type: str) -> None:
        self.task_type = task_type
        super().__init__(f"task_type {task_type!r} belongs to another worker")


@dataclass(frozen=True, slots=True)
class ProcessImage:
    """Asks a worker to process one image job, by its id (24 hex digits)."""

    image_job_id: str

    def encode(self) -> bytes:
        """The compact JSON with exactly the guide's two keys."""
        message = {"task_type": PROCESS_IMAGE, "payload": {"imageJobID": self.image_job_id}}
        return json.dumps(message, separators=(",", ":")).encode()


def decode(raw: bytes) -> ProcessImage:
    """Read a message from the list.

    Raises UnknownTaskType for another worker's message, MalformedMessage for anything that is no message at all.
    """
    try:
        text = raw.decode()  # json.loads(raw) would take UTF-16 and byte order marks, which other readers do not
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(raw, f"not JSON: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("task_type"), str):
        raise MalformedMessage(raw, "not an object with a task_type")
    if message["task_type"] != PROCESS_IMAGE:
        raise UnknownTaskType(message["task_type"])
    if violation := message_violation(message) or _ambiguity(text):
        raise MalformedMessage(raw, violation)
    return ProcessImage(message["payload"]["imageJobID"].lower())


def _ambiguity(text: str) -> str | None:
    """Which name stands twice in one object: of its two values, readers take either."""
    found: list[str] = []

    def look(members: list[tuple[str, object]]) -> None:
        names = Counter(name for name, _ in members)
        found.extend(f"{name} stands there more than once" for name, times in names.items() if times > 1)

    json.loads(text, object_pairs_hook=look)
    return next(iter(found), None)
