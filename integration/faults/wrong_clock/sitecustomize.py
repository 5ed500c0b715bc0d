"""Shifts the wall clock of this process and its children by CLOCK_OFF seconds.

Python imports a module of this name at startup. A system with this directory on its PYTHONPATH behaves like a machine
with a wrong clock. The monotonic clock is unchanged, as it would be there.
"""

import datetime as dt
import os
import time
from typing import Any, Self

OFF = float(os.environ.get("CLOCK_OFF", "0"))
_time, _time_ns, _datetime = time.time, time.time_ns, dt.datetime


class _AnyDatetime(type):
    """Treats datetimes made by C code, such as those in MongoDB documents, as instances too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


class _Shifted(dt.datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Self:
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.fromtimestamp(time.time(), dt.UTC).replace(tzinfo=None)


time.time = lambda: _time() + OFF
time.time_ns = lambda: _time_ns() + round(OFF * 1e9)
if OFF:
    dt.datetime = _Shifted  # type: ignore[misc]
