"""This engine, without its child process."""

from imagejobs.conversion.engine import convert

from benchmarks.conversion.contenders import Contender, Prepared
from benchmarks.conversion.contenders.engine_options import OPTIONS


class Engine(Prepared):
    """`convert()` in the process of the caller."""

    def convert(self, source: bytes) -> bytes:
        """Convert, with the receipt."""
        return convert(source, OPTIONS).data


def contender() -> Contender:
    """It is always there."""
    return Engine()
