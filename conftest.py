"""For all tests and the processes they start: connect to this machine directly, past a proxy of the environment."""

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
