"""Regular languages as expressions, and their Brzozowski derivatives: the texts that may follow a character."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

LAST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Chars:
    """All texts of one character within these spans (first and last code point)."""

    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """The concatenation of these parts; only the empty text without parts."""

    parts: tuple["Language", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """The union of these languages."""

    options: frozenset["Language"]


@dataclass(frozen=True, slots=True)
class Both:
    """The intersection of these languages."""

    parts: frozenset["Language"]


@dataclass(frozen=True, slots=True)
class Repeated:
    """The part repeated `least` to `most` times; `most` is None for no upper bound."""

    part: "Language"
    least: int
    most: int | None


Language = Chars | Sequence | Either | Both | Repeated
NOTHING = Chars(())
EMPTY = Sequence(())
ANY = Chars(((0, LAST),))


def char(text: str) -> Language:
    """The language of this one character."""
    return Chars(((ord(text), ord(text)),))


def sequence(parts: Iterable[Language]) -> Language:
    """The concatenation, simplified."""
    flat: list[Language] = []
    for part in parts:
        if part == NOTHING:
            return NOTHING
        flat += part.parts if isinstance(part, Sequence) else [part]
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def either(options: Iterable[Language]) -> Language:
    """The union, simplified."""
    flat: set[Language] = set()
    for each in options:
        flat |= each.options if isinstance(each, Either) else {each}
    flat.discard(NOTHING)
    return NOTHING if not flat else flat.pop() if len(flat) == 1 else Either(frozenset(flat))


def both(parts: Iterable[Language]) -> Language:
    """The intersection, simplified."""
    flat: set[Language] = set()
    for each in parts:
        flat |= each.parts if isinstance(each, Both) else {each}
    return NOTHING if NOTHING in flat else flat.pop() if len(flat) == 1 else Both(frozenset(flat))


def repeated(part: Language, least: int, most: int | None) -> Language:
    """The repetition, simplified."""
    if most == 0 or (part == NOTHING and least == 0):
        return EMPTY
    return part if (least, most) == (1, 1) or part == NOTHING else Repeated(part, least, most)


def takes_empty(of: Language) -> bool:
    """Whether the language contains the empty text."""
    match of:
        case Chars():
            return False
        case Sequence(parts) | Both(parts):
            return all(map(takes_empty, parts))
        case Either(options):
            return any(map(takes_empty, options))
        case Repeated(part, least, _):
            return least == 0 or takes_empty(part)


def after(of: Language, letter: int) -> Language:
    """The derivative: the texts that may follow this character (a code point)."""
    match of:
        case Chars(spans):
            return EMPTY if any(first <= letter <= last for first, last in spans) else NOTHING
        case Either(options):
            return either(after(each, letter) for each in options)
        case Both(parts):
            return both(after(each, letter) for each in parts)
        case Repeated(part, least, most):
            rest = repeated(part, max(0, least - 1), None if most is None else most - 1)
            return sequence([after(part, letter), rest])
        case Sequence(parts):
            return either(_after_each(parts, letter))


def _after_each(parts: tuple[Language, ...], letter: int) -> Iterator[Language]:
    """Let each part take the character in turn, as long as all parts before it accept the empty text."""
    for index, part in enumerate(parts):
        yield sequence([after(part, letter), *parts[index + 1 :]])
        if not takes_empty(part):
            return


def borders(of: Language) -> set[int]:
    """The first code point of each span and the one after its last: together one of every kind of character."""
    match of:
        case Chars(spans):
            return {border for first, last in spans for border in (first, last + 1)}
        case Sequence(parts) | Both(parts):
            return reduce(set.union, map(borders, parts), set())
        case Either(options):
            return reduce(set.union, map(borders, options), set())
        case Repeated(part, _, _):
            return borders(part)
