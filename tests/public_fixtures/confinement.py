"""The references in a process of their own, which a file may end, or fill with all the memory that it is allowed."""

import os
import resource
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Self

from public_fixtures.references import Shown, show_all

_MEMORY_BYTES = 4 << 30
"""Of address space: some of the files say that they have billions of pixels."""
_FILES = 50
"""Which one process decodes."""


class References:
    """What every reference shows of a file; a context manager."""

    def __init__(self) -> None:
        self._executor = _new_executor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()

    def show(self, data: bytes) -> Mapping[str, Shown | str]:
        """What is shown, or why nothing is, by the reference's name."""
        try:
            return self._executor.submit(show_all, data).result()
        except BrokenProcessPool:
            self._executor = _new_executor()
            return {"every reference": "the process died"}


def _new_executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), _limit, max_tasks_per_child=_FILES)


def _limit() -> None:
    """Bound the memory, and drop what the libraries write about damaged files."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
