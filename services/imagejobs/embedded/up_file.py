"""DATA_DIR/up.json: the addresses of the running local system, so that other commands need no settings."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from imagejobs.embedded.supervision.liveness import is_alive

FILE_NAME = "up.json"


@dataclass(frozen=True, slots=True)
class UpState:
    """The addresses, tokens (None when the server is open) and process ids of a running `imagejobs up`.

    `pids` has an entry for each child by its name, and `up` for the supervisor itself.
    """

    api_url: str
    redis_uri: str
    mongodb_uri: str
    token: str | None = field(repr=False)
    worker_token: str | None = field(repr=False)
    pids: dict[str, int]


def write_up_file(data_dir: Path, state: UpState) -> None:
    """Write up.json completely or not at all. Only its owner may read it, because it has tokens."""
    new = data_dir / f".{FILE_NAME}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(state), file, indent=2)
    new.replace(data_dir / FILE_NAME)


def remove_up_file(data_dir: Path) -> None:
    """Remove up.json if it exists."""
    (data_dir / FILE_NAME).unlink(missing_ok=True)


def read_up_file(data_dir: Path) -> UpState | None:
    """The system that runs on this data directory; None if none runs, also if a killed one left its file."""
    try:
        state = UpState(**json.loads((data_dir / FILE_NAME).read_bytes()))
        return state if is_alive(state.pids["up"]) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
