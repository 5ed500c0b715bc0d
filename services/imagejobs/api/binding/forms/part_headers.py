"""What the headers of one part say beyond its name: the file's name, the charset of a text, how bytes are encoded."""

import re
from collections.abc import Iterable, Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import unquote

from python_multipart.multipart import parse_options_header

AS_THEY_ARE = frozenset({"", "7bit", "8bit", "binary"})
_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_ENCODED_WORDS = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=(\s+=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)*")


def is_only_extended(disposition: bytes) -> bool:
    """Whether the file's name comes as `filename*` alone."""
    given = _parameters(disposition)
    return "filename*" in given and "filename" not in given


def filename(disposition: bytes, plain: str) -> str:
    """The file's name: `filename*` (RFC 8187) rather than `filename`, of which `plain` is the value.

    A `filename` that consists of encoded words (RFC 2047), as .NET writes it, is decoded. What cannot be decoded
    stays as it is.
    """
    extended = _extended(_parameters(disposition).get("filename*", ""))
    return extended or (_decoded_words(plain) if _ENCODED_WORDS.fullmatch(plain) else plain)


def transfer_encoding(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The Content-Transfer-Encoding, if it is one that changes the bytes."""
    given = _value(headers, b"content-transfer-encoding").strip().lower()
    return None if given in AS_THEY_ARE else given


def charset(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The charset that the part's Content-Type names."""
    _, options = parse_options_header(_value(headers, b"content-type"))
    named: Mapping[bytes, bytes] = options
    return named[b"charset"].decode("latin-1") if b"charset" in named else None


def _value(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == wanted), "")


def _parameters(disposition: bytes) -> dict[str, str]:
    return {name.lower(): value.strip() for name, value in _PARAMETER.findall(disposition.decode("latin-1"))}


def _extended(value: str) -> str:
    """`utf-8'en'na%C3%AFve.png` as text; empty if it is not written so."""
    encoding, _, rest = value.strip('"').partition("'")
    _, is_whole, encoded = rest.partition("'")
    try:
        return unquote(encoded, encoding, errors="strict") if is_whole else ""
    except (LookupError, UnicodeError):
        return ""


def _decoded_words(words: str) -> str:
    try:
        return str(make_header(decode_header(words))) or words
    except (LookupError, ValueError, HeaderParseError):
        return words
