"""For all tests: they and the processes they start connect to this machine directly, past a proxy of the environment.

Objects made by collecting live until the end, so the garbage collector need not look at them again after each test: a
tenth of all CPU time.
"""

import gc
import os
from collections import Counter
from collections.abc import Sequence

import pytest

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), *THIS_MACHINE)))


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Refuse a run in which two tests share an id: xdist would run only one of them."""
    if shared := [name for name, count in Counter(item.nodeid for item in items).items() if count > 1]:
        raise pytest.UsageError(f"several tests have the same id: {', '.join(shared)}")


def pytest_collection() -> None:
    """Collecting makes millions of objects and hardly any garbage. xdist's main process does not come here."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave what was collected out of all later garbage collections."""
    gc.collect()
    gc.freeze()
    gc.enable()
