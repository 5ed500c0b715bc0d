"""A limit for the blocks of a file, so that a hostile file cannot keep a process busy for seconds."""

from imagejobs.conversion.errors import ConversionError, ErrorCode

MAX_BLOCKS = 1 << 16
"""The most blocks of a file. A PNG of 25 MB in chunks of 1 KB has 25,000, which takes 0.1 s to read."""


class BlockCount:
    """Counts the blocks of a file. `title` is the name of the format, `blocks` its plural word for them."""

    def __init__(self, title: str, blocks: str, most: int = MAX_BLOCKS) -> None:
        self.found = 0
        self._most = most
        self._too_many = f"The {title} has more than {most} {blocks}, which no common program writes."

    def add(self) -> None:
        """Count one more. Raises ConversionError `unsupported_type` beyond the limit, even if the file is whole."""
        self.found += 1
        if self.found > self._most:
            raise ConversionError(ErrorCode.UNSUPPORTED_TYPE, f"{self._too_many} Save the image again and send that.")
