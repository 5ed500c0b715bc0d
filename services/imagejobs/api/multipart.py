"""Multipart bodies that were cut off are refused: Starlette takes the parts before the cut for all there is."""

from collections.abc import AsyncGenerator

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1", "latin-1"})
"""By Python's names; the last one is what Starlette takes where it does not know the charset."""


class WholeBodyParser(MultiPartParser):
    """Raises MultiPartException for a body that stops before its last boundary, and closes its files.

    So it does for a charset which few programs write, and which Python would decode to what is no text.
    """

    _ended = False

    def on_part_begin(self) -> None:
        """Called by the parser at each part; the charset is Starlette's reading of the Content-Type."""
        if self._charset not in CHARSETS:
            raise MultiPartException(f"the charset {self._charset} is not taken; send names and texts in UTF-8")
        super().on_part_begin()

    def on_end(self) -> None:
        """Called by the parser at the last boundary."""
        self._ended = True

    async def parse(self) -> FormData:
        self.stream = self._to_the_end(self.stream)
        return await super().parse()

    async def _to_the_end(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async for chunk in stream:
            yield chunk
        if not self._ended:
            raise MultiPartException("the body ends before its last boundary; send it again, whole")
