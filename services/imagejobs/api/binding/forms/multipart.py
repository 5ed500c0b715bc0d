"""Parses multipart bodies with Starlette's parser, made stricter against lost bytes and more tolerant of clients.

Starlette accepts a body that was cut off and drops the last part; here it is refused. A preamble before the first
boundary is skipped, as RFC 2046 demands.
"""

import codecs
import re
from collections.abc import AsyncGenerator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from imagejobs.api.binding.forms import part_headers

CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1", "latin-1"})
"""The accepted charsets by Python's names. Starlette assumes `latin-1` when it does not know the charset."""
MAX_PREAMBLE = 4096


class BadPart(MultiPartException):
    """A part of the body that cannot be read; `field` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class WholeBodyParser(MultiPartParser):
    """Starlette's parser, which raises MultiPartException and closes the files if the body has no last boundary.

    It also refuses charsets other than CHARSETS: few clients send them, and some of Python's codecs do not yield text.
    """

    _ended = False

    def on_part_begin(self) -> None:
        """Called by the parser at each part. Starlette took the charset from the Content-Type of the body."""
        if self._charset not in CHARSETS:
            raise MultiPartException(f"the charset {self._charset} is not accepted; send names and texts in UTF-8")
        super().on_part_begin()

    def on_headers_finished(self) -> None:
        """Called by the parser before a part's data. Starlette reads `filename` but not `filename*`."""
        part = self._current_part
        disposition = part.content_disposition or b""
        if part_headers.is_only_extended(disposition):
            part.content_disposition = disposition + b'; filename=""'
        super().on_headers_finished()
        if encoding := part_headers.transfer_encoding(part.item_headers):
            problem = f"has the Content-Transfer-Encoding {encoding!r}; send its bytes as they are, without this header"
            raise BadPart(part.field_name, problem)
        if part.file is not None:
            part.file.filename = part_headers.filename(disposition, part.file.filename or "")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Called by the parser for each piece of a part."""
        part = self._current_part
        if part.file is None and len(part.data) + end - start > self.max_part_size:
            problem = f"a text may have at most {self.max_part_size} bytes; if this is a file, send it with a filename"
            raise BadPart(part.field_name, problem)
        super().on_part_data(data, start, end)

    def on_part_end(self) -> None:
        """Called by the parser after a part's data. The part may name its own charset."""
        part = self._current_part
        named = part_headers.charset(part.item_headers) if part.file is None else None
        if named is None:
            super().on_part_end()
        else:
            self.items.append((part.field_name, _decoded(part.field_name, bytes(part.data), named)))

    def on_end(self) -> None:
        """Called by the parser at the last boundary."""
        self._ended = True

    async def parse(self) -> FormData:
        boundary = parse_options_header(self.headers["Content-Type"])[1].get(b"boundary")
        if not boundary:
            raise MultiPartException(
                "the Content-Type names no boundary; let the HTTP library that writes the form write this header"
            )
        self.stream = self._to_the_end(_without_preamble(self.stream, boundary))
        try:
            return await super().parse()
        except MultiPartException as error:
            if isinstance(error.__cause__, FormParserError):
                message = f"the body is not written as multipart/form-data: {error.__cause__}"
                raise MultiPartException(message) from error
            raise

    async def _to_the_end(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async for chunk in stream:
            yield chunk
        if not self._ended:
            raise MultiPartException("the body ends before its last boundary; send it again, whole")


async def _without_preamble(stream: AsyncGenerator[bytes, None], boundary: bytes) -> AsyncGenerator[bytes, None]:
    """The body from its first boundary on. The bytes before it are not part of the form (RFC 2046, 5.1.1)."""
    first = re.compile(rb"\r\n(--" + re.escape(boundary) + rb")(?:(--)|[ \t]*(\r\n))")
    without_cr = re.compile(rb"\n--" + re.escape(boundary) + rb"[ \t]*\n")
    start: bytes | None = b"\r\n"
    async for chunk in stream:
        if start is None:
            yield chunk
            continue
        start += chunk
        found = first.search(start, 0, MAX_PREAMBLE + len(boundary))
        if found:
            yield b"".join(each for each in found.groups() if each) + start[found.end() :]
            start = None
        elif without_cr.search(start, 0, MAX_PREAMBLE):
            raise MultiPartException("the body's lines end with LF alone; in multipart/form-data they end with CR LF")
        elif len(start) > MAX_PREAMBLE + len(boundary):
            break
    if start is not None:
        shown = boundary.decode(errors="replace")
        raise MultiPartException(f"the body does not start with the boundary {shown!r} that its Content-Type names")


def _decoded(field: str, data: bytes, charset: str) -> str:
    try:
        if codecs.lookup(charset).name in CHARSETS:
            return data.decode(charset)
    except (LookupError, UnicodeError):
        pass
    raise BadPart(field, f"is not text in the charset {charset[:40]!r} that this part names; send it in UTF-8")
