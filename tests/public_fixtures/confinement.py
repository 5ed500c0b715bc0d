"""Run the references in a process of their own, since a file may crash it or make it use all its memory."""

import os
import resource
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Self

from public_fixtures.references import Shown, show_all

_MEMORY_BYTES = 4 << 30
"""Limit of the address space: some files announce billions of pixels."""
_FILES = 50
"""Number of files that one process decodes before a new one replaces it."""


class References:
    """A process that shows files with every reference. Use it as a context manager."""

    def __init__(self) -> None:
        self._executor = _new_executor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()

    def show(self, data: bytes) -> Mapping[str, Shown | str]:
        """By reference: what it shows, or the reason why it shows nothing."""
        try:
            return self._executor.submit(show_all, data).result()
        except BrokenProcessPool:
            self._executor = _new_executor()
            return {"every reference": "the process died"}


def _new_executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), _limit, max_tasks_per_child=_FILES)


def _limit() -> None:
    """Limit the memory, and discard what the libraries write to stderr about damaged files."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
