"""Conversion in child processes: one for each thread that converts at the same time, kept for later conversions."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.folders import remove_forgotten
from imagejobs.conversion.sandbox.process import ConversionProcess
from imagejobs.conversion.sandbox.result import Abilities, Result


class Converter:
    """Converts in child processes, each of which runs one conversion at a time. Thread-safe."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Also removes folders that this user's processes left behind when they and their children were killed."""
        remove_forgotten()
        self._limits = limits or Limits()
        self._idle: queue.LifoQueue[ConversionProcess] = queue.LifoQueue()
        self._children: list[ConversionProcess] = []
        self._is_closed = False
        self._changing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The process ids of the running children."""
        return [child.pid for child in self._children if child.pid is not None]

    def start(self, count: int) -> None:
        """Start `count` children, and do not wait for them. A child that cannot start is started by its first job."""
        for _ in range(count):
            child = self._new_child()
            with suppress(OSError):
                child.start()
            self._idle.put(child)

    def abilities(self) -> Abilities:
        """What the engine on this machine can do. Raises a retryable ConversionError if no child can be started."""
        with self._child() as child:
            return child.abilities()

    def convert(self, source: bytes, options: Options) -> Result:
        """Convert an image to WebP. Raises ConversionError and nothing else, even if the file crashes the child."""
        with self._child() as child:
            return child.convert(source, options)

    def close(self) -> None:
        """End the children. Later requests raise a retryable ConversionError."""
        with self._changing:
            self._is_closed = True
        for child in self._children:
            child.close()

    @contextmanager
    def _child(self) -> Iterator[ConversionProcess]:
        """The idle child that worked last, whose caches are warm, or a new child if none is idle."""
        try:
            child = self._idle.get_nowait()
        except queue.Empty:
            child = self._new_child()
        try:
            yield child
        finally:
            self._idle.put(child)

    def _new_child(self) -> ConversionProcess:
        child = ConversionProcess(self._limits)
        with self._changing:
            self._children.append(child)
            if self._is_closed:
                child.close()
        return child
