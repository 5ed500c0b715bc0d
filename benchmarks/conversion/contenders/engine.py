"""This engine, without its child process."""

from imagejobs.conversion.engine import convert

from benchmarks.conversion.contenders import Contender, Prepared
from benchmarks.conversion.contenders.engine_options import OPTIONS


class Engine(Prepared):
    """`convert()` in the benchmark's process."""

    def convert(self, source: bytes) -> bytes:
        """Convert, including the receipt."""
        return convert(source, OPTIONS).data


def contender() -> Contender:
    """This engine is always available."""
    return Engine()
