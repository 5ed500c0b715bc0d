"""Reading a file in small reads and long skips, with a clear error if the file ends too early."""

import io
from typing import BinaryIO

from imagejobs.conversion.errors import truncated

_BLOCK = 1 << 12


class ByteReader:
    """Reads a seekable file from its beginning. `title` is the name of the format, for error messages."""

    def __init__(self, file: BinaryIO, title: str) -> None:
        self._file = file
        self.title = title
        self.size = file.seek(0, io.SEEK_END)
        self.seek(0)

    def tell(self) -> int:
        """The position, in bytes."""
        return self._file.tell()

    def seek(self, position: int) -> None:
        """Go to a position. Raises ConversionError `truncated` if the file ends before it."""
        if position > self.size:
            raise truncated(f"The {self.title} ends after {self.size} of at least {position} bytes")
        self._file.seek(position)

    def skip(self, count: int) -> None:
        """Go forward. Raises ConversionError `truncated` if the file ends before that."""
        self.seek(self.tell() + count)

    def skip_run(self, byte: bytes) -> None:
        """Skip all repetitions of this byte from here on, if there are any."""
        while block := self._file.read(_BLOCK):
            if rest := block.lstrip(byte):
                self._file.seek(-len(rest), io.SEEK_CUR)
                return

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises ConversionError `truncated` if fewer are left."""
        data = self._file.read(count)
        if len(data) != count:
            raise truncated(f"The {self.title} ends after {self.size} bytes, in the middle of its data")
        return data

    def read_up_to(self, count: int) -> bytes:
        """At most `count` bytes; none at the end of the file."""
        return self._file.read(count)
