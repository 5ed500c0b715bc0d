"""The benchmark's side: one process for each contender, which converts one file after the other on request."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.conversion.contenders import MAX_SIDE, METHOD, QUALITY, SHARP_PROGRAM, Entry, Missing

_ONE_THREAD = ("VIPS_CONCURRENCY", "MAGICK_THREAD_LIMIT", "OMP_NUM_THREADS", "UV_THREADPOOL_SIZE")
_SETTINGS = {"max_side": MAX_SIDE, "quality": QUALITY, "method": METHOD}


class CannotConvertError(Exception):
    """The contender failed to convert the file."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What one conversion took and gave."""

    ms: float
    cpu_ms: float
    bytes: int


@dataclass(slots=True)
class ContenderProcess:
    """The process of a running contender."""

    entry: Entry
    process: "subprocess.Popen[str]"

    def convert(self, source: Path, out: Path | None = None) -> Conversion:
        """Convert a file and optionally write the result to `out`. Raises CannotConvertError."""
        answer = self._ask({"source": str(source), "out": out and str(out), **_SETTINGS})
        if "error" in answer:
            raise CannotConvertError(answer["error"])
        return Conversion(**answer)

    def peak_memory(self) -> int:
        """The sum of the peak memory of the process and each of its children, in bytes."""
        return sum(_high_water_mark(pid) for pid in self._members())

    def forget_peak(self) -> None:
        """Reset the peaks that `peak_memory` adds up."""
        for pid in self._members():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def _members(self) -> list[int]:
        itself = psutil.Process(self.process.pid)
        return [process.pid for process in (itself, *itself.children(recursive=True))]

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.read()

    def read(self) -> dict[str, Any]:
        """Read the next answer. Raises CannotConvertError if the process has ended."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise CannotConvertError(f"the process of {self.entry.name} ended with exit code {self.process.wait()}")
        return dict(json.loads(line))


@contextmanager
def started(entry: Entry) -> Iterator[ContenderProcess]:
    """Start a contender and wait until it is ready. Raises Missing if a dependency is not installed."""
    command = [sys.executable, "-m", "benchmarks.conversion.child", entry.name]
    if entry.module is None:
        command = ["node", str(SHARP_PROGRAM)]
    environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    except FileNotFoundError as error:
        raise Missing(f"{command[0]} is not installed") from error
    with process:
        contender = ContenderProcess(entry, process)
        greeting = contender.read()
        if "missing" in greeting:
            raise Missing(greeting["missing"])
        try:
            yield contender
        finally:
            assert process.stdin
            process.stdin.close()


def _high_water_mark(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
