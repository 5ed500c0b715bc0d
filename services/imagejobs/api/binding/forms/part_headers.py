"""Reads the headers of one part: the name of a file, the charset of a text, and the transfer encoding."""

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
    """Whether the part has `filename*` without `filename`."""
    given = _parameters(disposition)
    return "filename*" in given and "filename" not in given


def filename(disposition: bytes, plain: str) -> str:
    """The file's name: from `filename*` (RFC 8187) if possible, else `plain`, the value of `filename`.

    If `plain` consists of encoded words (RFC 2047), as .NET writes it, they are decoded if possible.
    """
    extended = _extended(_parameters(disposition).get("filename*", ""))
    return extended or (_decoded_words(plain) if _ENCODED_WORDS.fullmatch(plain) else plain)


def transfer_encoding(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The Content-Transfer-Encoding if it changes the bytes, else None."""
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
    """The text of a value such as `utf-8'en'na%C3%AFve.png`; empty if the value has another form."""
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
