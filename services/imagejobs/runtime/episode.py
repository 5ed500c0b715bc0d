"""Logs trouble that may occur a thousand times a second: when it begins, once a minute, and when it is over."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

REMINDER_SECONDS = 60.0
"""From a line about a trouble to the next one that does not end it."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Log lines; `%(reason)s`, `%(seconds)f` since the trouble began and `%(times)d` that it occurred are filled in."""

    begins: str
    lasts: str
    ends: str

    @classmethod
    def about(cls, trouble: str, advice: str) -> "Lines":
        """Lines that say what happens, and what to do about it."""
        lasts = f"{trouble}: still after %(seconds).0f s, %(times)d times; {advice}"
        return cls(f"{trouble}; {advice}", lasts, f"{trouble}: over after %(seconds).0f s, %(times)d times")


class Episode:
    """One kind of trouble. It is over when it has not occurred for `quiet_seconds`. Thread-safe.

    Trouble that is over and comes back within REMINDER_SECONDS of its last line is logged only if it lasts longer.
    """

    def __init__(
        self, logger: logging.Logger, lines: Lines, quiet_seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._logger = logger
        self._lines = lines
        self._quiet_seconds = quiet_seconds
        self._now = now
        self._lock = threading.Lock()
        self._times = 0
        self._began = self._latest = 0.0
        self._is_logged = False
        self._logged_at = -math.inf

    def note(self, reason: object = "") -> None:
        """Count one occurrence, and log it if it is the first one or a reminder is due."""
        with self._lock:
            self._latest = self._now()
            if not self._times:
                self._began, self._is_logged = self._latest, False
            self._times += 1
            if self._latest - self._logged_at < REMINDER_SECONDS:
                return
            self._logged_at = self._latest
            line, self._is_logged = self._lines.lasts if self._is_logged else self._lines.begins, True
            self._log(line, reason)

    def look(self) -> None:
        """Log the end if it has come. Call this from time to time, or when the opposite of the trouble occurs."""
        if not self._times:
            return
        with self._lock:
            if not self._times or self._now() - self._latest < self._quiet_seconds:
                return
            if self._is_logged:
                self._log(self._lines.ends)
            self._times = 0

    def _log(self, line: str, reason: object = "") -> None:
        values = {"reason": reason, "seconds": self._latest - self._began, "times": self._times}
        self._logger.warning(line, values)
