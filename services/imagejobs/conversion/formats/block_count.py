"""A bound for walks through files, so that no header keeps a process busy for seconds."""

from imagejobs.conversion.errors import ConversionError, ErrorCode

MAX_BLOCKS = 1 << 16
"""Of a file: a PNG of 25 MB in chunks of 1 KB has 25,000, and no other format needs as many. They take 0.1 s."""


class BlockCount:
    """Counts what a file consists of; `title` is the format's name, `blocks` what it calls them, in the plural."""

    def __init__(self, title: str, blocks: str, most: int = MAX_BLOCKS) -> None:
        self.found = 0
        self._most = most
        self._too_many = f"The {title} has more than {most} {blocks}, which no common program writes."

    def add(self) -> None:
        """One more. Raises ConversionError `unsupported_type` if that is too many, although the file may be whole."""
        self.found += 1
        if self.found > self._most:
            raise ConversionError(ErrorCode.UNSUPPORTED_TYPE, f"{self._too_many} Save the image anew and send that.")
