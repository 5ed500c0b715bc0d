"""Multipart bodies that were cut off are refused: Starlette takes the parts before the cut for all there is."""

from collections.abc import AsyncGenerator

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser


class WholeBodyParser(MultiPartParser):
    """Raises MultiPartException for a body that stops before its last boundary, and closes its files."""

    _ended = False

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
