"""Tests that share an id are refused: pytest-xdist would run one of them and report success."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

check = runpy.run_path(str(Path(__file__).parents[2] / "conftest.py"))["pytest_collection_modifyitems"]


def test_ids_that_differ_are_accepted() -> None:
    check([SimpleNamespace(nodeid="test_a.py::test"), SimpleNamespace(nodeid="test_a.py::test[1]")])


def test_a_shared_id_is_refused_and_named() -> None:
    with pytest.raises(pytest.UsageError, match=r"the same id: test_b\.py::test$"):
        check([SimpleNamespace(nodeid=name) for name in ("test_a.py::test", "test_b.py::test", "test_b.py::test")])
