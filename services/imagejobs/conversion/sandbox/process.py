"""The parent's side of a child process: starts it, sends it requests, kills it at the deadline, and replaces it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Self

from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.child_process import Child, spawn
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.deadline import Deadline
from imagejobs.conversion.sandbox.deaths import death_of, judged, not_started
from imagejobs.conversion.sandbox.result import Abilities, Result, read_result
from imagejobs.conversion.sandbox.wire import read_message, write_message

_START_SECONDS = 60.0
"""The time that a child has to load the image library."""
_MAX_ABILITIES_BYTES = 0
_MAX_RESULT_BYTES = 1 << 29
_BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError)
"""The exceptions of an exchange with a child that died, or that sends nonsense."""
_CLOSED = "the converter is closed"


class ConversionProcess:
    """A child process that is kept for many conversions, and replaced when it dies.

    One thread uses it at a time. Any other thread may close it meanwhile; it stays closed.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: Child | None = None
        self._abilities: Abilities | None = None
        self._deadline: Deadline | None = None
        self._has_worked = False
        self._is_closed = False
        self._changing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is no child."""
        child = self._child
        return child.process.pid if child else None

    def start(self) -> None:
        """Start a child if there is none, and do not wait until it is ready. Raises OSError, also after `close`."""
        with self._changing:
            if self._is_closed:
                raise OSError(_CLOSED)
            if self._child is None:
                self._child = spawn(self._limits)
                self._abilities, self._deadline, self._has_worked = None, None, False

    def abilities(self) -> Abilities:
        """What the child can do, once it is ready. Raises a retryable ConversionError if it cannot start."""
        child = self._child
        if child is not None and self._abilities is not None and (self._is_late or child.process.poll() is not None):
            self._remove()  # it died between two jobs, or its deadline came after its last answer was read
        elif child is not None and not child.folder.is_there:
            self._remove()  # it must not make another folder itself
        if self._abilities is None:
            try:
                self.start()
                with self._asking(_START_SECONDS) as child:
                    header, _ = read_message(child.output, _MAX_ABILITIES_BYTES)
                self._abilities = Abilities(str(header["encoder"]), tuple(header["reads"]), tuple(header["without"]))
            except _BROKEN as error:
                reason = f"not ready after {_START_SECONDS:g} s" if self._is_late else str(error) or "it ended"
                raise not_started(". ".join(filter(None, (reason, self._remove())))) from error
        return self._abilities

    def convert(self, source: bytes, options: Options) -> Result:
        """Convert in the child. Raises ConversionError, also if the child dies.

        Libraries hold on to memory after a file is done. A file that needs more memory than a used child has left is
        therefore tried again in a new child.
        """
        self.abilities()
        was_used = self._has_worked
        try:
            return self._convert(source, options)
        except ConversionError as error:
            if not was_used or error.code != ErrorCode.CONVERSION_MEMORY or error.retryable:
                raise
        self._remove()
        return self._convert(source, options)

    def _convert(self, source: bytes, options: Options) -> Result:
        self.abilities()
        self._has_worked = True
        try:
            with self._asking(self._limits.seconds) as child:
                write_message(child.input, asdict(options), source)
                return read_result(*read_message(child.output, _MAX_RESULT_BYTES))
        except ConversionError as error:
            raise judged(error, self._limits) from error
        except _BROKEN as error:
            raise judged(self._death(), self._limits) from error

    def close(self) -> None:
        """End the child and remove its folder. A child that is converting is killed."""
        with self._changing:
            self._is_closed = True
        child = self._take()
        if child is None:
            return
        if not (self._deadline and self._deadline.is_running):
            with suppress(OSError):
                child.input.close()
            child.ended_by_itself()
        child.remove()

    @contextmanager
    def _asking(self, seconds: float) -> Iterator[Child]:
        """The child, for a block of at most `seconds`: at the deadline it is killed. Raises OSError after `close`."""
        child = self._child
        if child is None:  # another thread has closed it
            raise OSError(_CLOSED)
        self._deadline = Deadline(child, seconds)
        with self._deadline:
            yield child

    @property
    def _is_late(self) -> bool:
        """Whether the deadline of the last request killed the child."""
        return self._deadline is not None and self._deadline.is_over

    def _death(self) -> ConversionError:
        """Remove the dead child and start the next one. Returns the error of the job."""
        child, is_late = self._take(), self._is_late
        was_starved = self._deadline is not None and self._deadline.was_starved
        if child is None:
            return not_started(_CLOSED)
        # A child that does not end by itself sent nonsense: its status would be that of the kill.
        status = child.process.returncode if child.ended_by_itself() else 0
        is_disk_full = child.folder.is_full
        message = child.remove()
        with suppress(OSError):
            self.start()
        return death_of(
            status,
            message,
            is_late=is_late,
            was_starved=was_starved,
            is_disk_full=is_disk_full,
            limits=self._limits,
        )

    def _remove(self) -> str:
        child = self._take()
        return child.remove() if child else ""

    def _take(self) -> Child | None:
        """Detach the child and return it, to one thread only. That thread removes the child."""
        with self._changing:
            child, self._child = self._child, None
            self._abilities = None
        return child
