"""As many warm child processes as there are threads that convert at the same time."""

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
    """Converts in child processes, one conversion in each at a time. For any number of threads."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Tidy up first what other processes of this user left when they were killed together with their children."""
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
        """The process ids of the children there are."""
        return [child.pid for child in self._children if child.pid is not None]

    def start(self, count: int) -> None:
        """Start this many children, without waiting for them; one that cannot be started now is tried at its job."""
        for _ in range(count):
            child = self._new_child()
            with suppress(OSError):
                child.start()
            self._idle.put(child)

    def abilities(self) -> Abilities:
        """What the engine on this machine can do. Raises ConversionError, retryable, if it cannot be started."""
        with self._child() as child:
            return child.abilities()

    def convert(self, source: bytes, options: Options) -> Result:
        """Convert an image to WebP. Raises ConversionError, and nothing else, whatever the file does to its child."""
        with self._child() as child:
            return child.convert(source, options)

    def close(self) -> None:
        """End the children, for good: what is still asked for raises ConversionError, retryable."""
        with self._changing:
            self._is_closed = True
        for child in self._children:
            child.close()

    @contextmanager
    def _child(self) -> Iterator[ConversionProcess]:
        """An idle child, or one more. The one that worked last is the warmest."""
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
