"""What an endpoint receives and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of a multipart body, spooled and bounded; its name is the client's and not to be trusted."""

    file: BinaryIO
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart body that keeps the contract: text fields by name, files by name in the order they came."""

    texts: Mapping[str, str]
    files: Mapping[str, Sequence[ReceivedFile]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that keeps the contract.

    `params` has path, query and header parameters by name; absent ones without a default are None.
    """

    params: Mapping[str, Any]
    json: Any = None
    form: Form = field(default_factory=lambda: Form({}, {}))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer `{"success": true, "data": …}`, with a `message` for people; or `raw` bytes of another content type."""

    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cursor: str | None = None
    message: str | None = None
    raw: bytes | None = None
    content_type: str = "application/json"
