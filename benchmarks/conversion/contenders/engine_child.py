"""This engine as the worker uses it: a warm child process receives the bytes and returns the WebP."""

from imagejobs.conversion.sandbox.pool import Converter

from benchmarks.conversion.contenders import Contender, Prepared
from benchmarks.conversion.contenders.engine_options import OPTIONS


class EngineChild(Prepared):
    """A converter with one child process."""

    def __init__(self, converter: Converter) -> None:
        self.converter = converter

    def convert(self, source: bytes) -> bytes:
        """Convert in the child."""
        return self.converter.convert(source, OPTIONS).data


def contender() -> Contender:
    """Start the child, which ends with its parent."""
    converter = Converter()
    converter.start(1)
    converter.abilities()
    return EngineChild(converter)
