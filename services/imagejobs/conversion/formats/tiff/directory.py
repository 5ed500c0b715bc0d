"""The directories (IFDs) of a TIFF or BigTIFF file, and the values of their fields (TIFF 6.0, section 2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.layout import Layout, read_fields

_NUMBERS = {1: "B", 2: "B", 3: "H", 4: "I", 6: "B", 7: "B", 8: "H", 9: "I", 13: "I", 16: "Q"}
"""BYTE, ASCII, SHORT, LONG, SBYTE, UNDEFINED, SSHORT, SLONG, IFD and BigTIFF's LONG8. The fields that are read have no
other kind, and no negative values."""
_FRACTIONS = 5
"""RATIONAL: two LONGs."""
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Entry:
    """A field: the struct letter of its numbers, their count, and their position in the file."""

    letter: str
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The fields of a page, and the position of the next directory; 0 if this is the last."""

    reader: ByteReader
    layout: Layout
    entries: Mapping[int, Entry]
    rationals: Mapping[int, Entry]
    following: int

    def first(self, tag: int, default: int = 0) -> int:
        """The first number of a field, or the default if the field is absent or has no numbers."""
        return next(self.numbers(tag), default)

    def count(self, tag: int) -> int:
        """How many numbers a field has."""
        return self.entries[tag].count if tag in self.entries else 0

    def text(self, tag: int, max_bytes: int) -> bytes:
        """The first bytes of an ASCII field, without trailing zeros; empty if it is absent or beyond the file."""
        entry = self.entries.get(tag)
        if entry is None or entry.letter != "B" or entry.at > self.reader.size:
            return b""
        self.reader.seek(entry.at)
        return self.reader.read_up_to(min(entry.count, max_bytes)).rstrip(b"\0")

    def raw(self, tag: int) -> bytes:
        """The bytes of a field of bytes; empty if it is absent. Raises ConversionError `truncated`."""
        entry = self.entries.get(tag)
        if entry is None or entry.letter != "B":
            return b""
        self.reader.seek(entry.at)
        return self.reader.read(entry.count)

    def check_presence(self, tag: int) -> None:
        """Raises ConversionError `truncated` if a field's values are not all within the file."""
        if entry := self.entries.get(tag):
            self.reader.seek(entry.at + entry.count * self.layout.size(entry.letter))

    def fractions(self, tag: int, defaults: tuple[float, ...]) -> tuple[float, ...]:
        """The first values of a field, as many as there are defaults; the defaults if the field is absent or too short.

        Raises ConversionError: `truncated` if the file ends before them, `corrupt` for a denominator of 0.
        """
        count = len(defaults)
        if entry := self.rationals.get(tag):
            if entry.count < 2 * count:
                return defaults
            self.reader.seek(entry.at)
            numbers = self.layout.unpack(f"{2 * count}I", self.reader.read(8 * count))
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
            if not all(below for _, below in pairs):
                raise corrupt(f"The TIFF has a fraction without a denominator in its field {tag}")
            return tuple(above / below for above, below in pairs)
        whole = tuple(islice(self.numbers(tag), count))
        return tuple(map(float, whole)) if len(whole) == count else defaults

    def numbers(self, tag: int) -> Iterator[int]:
        """The numbers of a field, read in blocks. Raises ConversionError `truncated` if the file ends before them."""
        entry = self.entries.get(tag)
        if entry is None:
            return
        size = self.layout.size(entry.letter)
        for start in range(0, entry.count, _BLOCK):
            length = min(_BLOCK, entry.count - start)
            self.reader.seek(entry.at + start * size)
            yield from self.layout.unpack(f"{length}{entry.letter}", self.reader.read(length * size))


def read_directory(reader: ByteReader, layout: Layout, at: int) -> Directory:
    """The directory at this position, with the fields of `tags.KNOWN`."""
    width, field = layout.size(layout.offset), layout.size(layout.field)
    sizes = {kind: layout.size(letters) for kind, letters in _NUMBERS.items()} | {_FRACTIONS: 8}
    entries, rationals = dict[int, Entry](), dict[int, Entry]()
    for place, tag, kind, count, offset in read_fields(reader, layout, at):
        if tag not in tags.KNOWN or kind not in sizes or tag in entries or tag in rationals:
            continue
        value_at = place + field - width if count * sizes[kind] <= width else offset
        if kind == _FRACTIONS:
            rationals[tag] = Entry("I", 2 * count, value_at)
        else:
            entries[tag] = Entry(_NUMBERS[kind], count, value_at)
    (following,) = layout.unpack(layout.offset, reader.read(width))
    return Directory(reader, layout, entries, rationals, following)
