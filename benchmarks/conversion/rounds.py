"""The measurement: contenders in turn, another one first in each round, so that a busy moment affects all alike."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.conversion.contenders import FLOOR, Entry, Missing
from benchmarks.conversion.figures import Measured
from benchmarks.conversion.files import FOLDER, File
from benchmarks.conversion.likeness import likeness
from benchmarks.conversion.process import CannotConvertError, ContenderProcess, Conversion, started


def measure(
    files: Sequence[File], entries: Sequence[Entry], rounds: int, say: Callable[[str], None]
) -> Iterator[Measured]:
    """Yield the measurements of each file and contender as they are made; `say` gets progress messages."""
    with ExitStack() as stack:
        processes = []
        for entry in entries:
            try:
                processes.append(stack.enter_context(started(entry)))
            except Missing as missing:
                say(f"{entry.name} is skipped: {missing}")
        for file in files:
            say(f"{file.name} …")
            able = [process for process in processes if file.is_photograph or process.entry.name != FLOOR]
            yield from _measure_file(file, able, rounds)


def _measure_file(file: File, processes: Sequence[ContenderProcess], rounds: int) -> Iterator[Measured]:
    path = file.path(FOLDER)
    able: list[ContenderProcess] = []
    for process in processes:
        try:
            process.convert(path)
        except CannotConvertError as error:
            yield Measured(file.name, process.entry.name, file.is_photograph, error=str(error))
        else:
            able.append(process)
    conversions = _interleaved(path, able, rounds)
    for process in able:
        result, peak = _result_and_peak(path, process.entry)
        taken = conversions[process.entry.name]
        yield Measured(
            file.name,
            process.entry.name,
            file.is_photograph,
            tuple(one.ms for one in taken),
            tuple(one.cpu_ms for one in taken),
            taken[0].bytes,
            likeness(path, result),
            peak,
        )


def _interleaved(path: Path, processes: Sequence[ContenderProcess], rounds: int) -> dict[str, list[Conversion]]:
    conversions: dict[str, list[Conversion]] = {process.entry.name: [] for process in processes}
    for number in range(rounds):
        first = number % len(processes)
        for process in [*processes[first:], *processes[:first]]:
            conversions[process.entry.name].append(process.convert(path))
    return conversions


def _result_and_peak(path: Path, entry: Entry) -> tuple[bytes, int]:
    """Measured in a fresh process, because an earlier file may have increased the memory."""
    with tempfile.TemporaryDirectory() as folder, started(entry) as process:
        out = Path(folder) / "result.webp"
        process.forget_peak()
        process.convert(path, out)
        return out.read_bytes(), process.peak_memory()
