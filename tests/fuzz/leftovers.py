"""What a process holds, and must not hold more and more of; and how much memory another one took."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Held:
    """How many of each there are."""

    descriptors: int
    threads: int
    processes: int
    temporary_folders: int


def held(folder: Path) -> Held:
    """By this process; its temporary folders are made in `folder`."""
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    return Held(descriptors, threading.active_count(), len(psutil.Process().children()), len(list(folder.iterdir())))


def grown(when: str, before: Held, now: Held) -> list[str]:
    """What there is more of, in a sentence each."""
    pairs = [
        (each.name.replace("_", " "), getattr(before, each.name), getattr(now, each.name)) for each in fields(Held)
    ]
    return [f"{name} {when}: {after} instead of {first}" for name, first, after in pairs if after > first]


@contextmanager
def own_temporary_folder() -> Iterator[Path]:
    """What is made for temporary files meanwhile is made here."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="imagejobs-fuzz-") as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before


def peak_bytes(pid: int) -> int:
    """The most that a process has had in memory; 0 if it is just dying."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
