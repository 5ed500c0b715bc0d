"""`python -m benchmarks.conversion.child NAME`: runs one contender; requests and answers are lines of JSON."""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.conversion.contenders import CONTENDERS, Contender, Missing


def main(name: str) -> None:
    """Report that the contender is ready, or what it needs; then answer requests until stdin ends."""
    module = next(entry.module for entry in CONTENDERS if entry.name == name)
    try:
        contender: Contender = import_module(f"benchmarks.conversion.contenders.{module}").contender()
    except Missing as missing:
        _say({"missing": str(missing)})
        return
    _say({"version": ""})
    for line in sys.stdin:
        try:
            _say(_convert(contender, **json.loads(line)))
        except Exception as error:  # noqa: BLE001 - a failed conversion is a line in the table
            _say({"error": f"{type(error).__name__}: {error}"})


def _convert(contender: Contender, source: str, out: str | None, **_settings: Any) -> dict[str, float]:
    data = Path(source).read_bytes()
    contender.prepare(data)
    cpu, started = _cpu_seconds(), time.perf_counter()
    result = contender.convert(data)
    ended, cpu_ended = time.perf_counter(), _cpu_seconds()
    if out:
        Path(out).write_bytes(result)
    return {"ms": 1000 * (ended - started), "cpu_ms": 1000 * (cpu_ended - cpu), "bytes": len(result)}


def _cpu_seconds() -> float:
    """The CPU time of this process and of the main threads of its children, in seconds."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    nanoseconds = (int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) for child in children)
    return time.process_time() + sum(nanoseconds) / 1e9


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
