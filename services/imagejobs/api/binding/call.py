"""What an endpoint receives and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of a multipart body, spooled to disk. `filename` comes from the client: never use it as a path."""

    file: BinaryIO
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart body that meets the contract: text fields by name, and files by name in the order they were sent."""

    texts: Mapping[str, str]
    files: Mapping[str, Sequence[ReceivedFile]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that meets the contract.

    `params` has the path, query and header parameters by name; one that was not sent has its default, or None.
    """

    params: Mapping[str, Any]
    json: Any = None
    form: Form = field(default_factory=lambda: Form({}, {}))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: `{"success": true, "data": …}` and a `message` for people, or `raw` bytes of `content_type`."""

    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cursor: str | None = None
    message: str | None = None
    raw: bytes | None = None
    content_type: str = "application/json"
