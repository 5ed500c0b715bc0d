"""As many warm child processes as there are threads that convert."""

import logging
import queue
from contextlib import suppress
from typing import Self

from imagejobs.conversion.isolated.confinement import Limits
from imagejobs.conversion.isolated.process import ConversionProcess
from imagejobs.conversion.isolated.result import Abilities, Result
from imagejobs.conversion.options import Options

logger = logging.getLogger(__name__)


class Converter:
    """Converts in child processes, one conversion in each at a time; more callers than children wait their turn."""

    def __init__(self, size: int, limits: Limits | None = None) -> None:
        self._idle: queue.LifoQueue[ConversionProcess] = queue.LifoQueue()
        self._children = [ConversionProcess(limits or Limits()) for _ in range(size)]
        for child in self._children:
            self._idle.put(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The process ids of the children there are."""
        return [child.pid for child in self._children if child.pid is not None]

    def start(self) -> None:
        """Start every child, without waiting for them. One that cannot be started is tried again at its first job."""
        for child in self._children:
            with suppress(OSError):
                child.start()

    def abilities(self) -> Abilities:
        """What the engine on this machine can do. Raises ConversionError, retryable, if it cannot be started."""
        child = self._idle.get()
        try:
            return child.abilities()
        finally:
            self._idle.put(child)

    def convert(self, source: bytes, options: Options) -> Result:
        """Convert an image to WebP. Raises ConversionError, and nothing else, whatever the file does to its child."""
        child = self._idle.get()
        try:
            return child.convert(source, options)
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """End the children."""
        for child in self._children:
            child.close()
