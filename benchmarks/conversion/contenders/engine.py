"""This engine, without its child process."""

from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options

from benchmarks.conversion.contenders import MAX_SIDE, METHOD, QUALITY, Contender, Prepared

OPTIONS = Options(max_side=MAX_SIDE, quality=QUALITY, method=METHOD)


class Engine(Prepared):
    """`convert()` in the process of the caller."""

    def convert(self, source: bytes) -> bytes:
        """Convert, with the receipt."""
        return convert(source, OPTIONS).data


def contender() -> Contender:
    """It is always there."""
    return Engine()
