"""This engine as the worker uses it: in a warm child process that is handed the bytes and hands back the WebP."""

from importlib import import_module
from typing import Any

from benchmarks.conversion.contenders import Contender, Missing, Prepared
from benchmarks.conversion.contenders.engine import OPTIONS


class EngineChild(Prepared):
    """A converter with one child."""

    def __init__(self, converter: Any) -> None:
        self.converter = converter

    def convert(self, source: bytes) -> bytes:
        """Convert in the child."""
        return bytes(self.converter.convert(source, OPTIONS).data)


def contender() -> Contender:
    """Start the child."""
    try:
        pool = import_module("imagejobs.conversion.pool")
    except ModuleNotFoundError as error:
        raise Missing("imagejobs.conversion.pool is not there") from error
    return EngineChild(pool.Converter())
