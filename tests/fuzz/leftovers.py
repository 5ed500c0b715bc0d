"""Resources that this process must not leak, and the memory peak of another process."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Held:
    """Number of resources that a process holds, of each kind."""

    descriptors: int
    threads: int
    processes: int
    temporary_folders: int


def held(folder: Path) -> Held:
    """What this process holds now; its temporary folders are made in `folder`."""
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    return Held(descriptors, threading.active_count(), len(psutil.Process().children()), len(list(folder.iterdir())))


def grown(when: str, before: Held, now: Held) -> list[str]:
    """One sentence for each kind of resource of which there is more now than before."""
    pairs = [
        (each.name.replace("_", " "), getattr(before, each.name), getattr(now, each.name)) for each in fields(Held)
    ]
    return [f"{name} {when}: {after} instead of {first}" for name, first, after in pairs if after > first]


@contextmanager
def own_temporary_folder() -> Iterator[Path]:
    """Direct this process's temporary files to a new folder until the block ends."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="imagejobs-fuzz-") as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before


def peak_bytes(pid: int) -> int:
    """The process's peak of resident memory; 0 if the process has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
