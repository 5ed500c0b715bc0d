"""Formal languages as expressions, and their derivatives (Brzozowski): what may follow a character."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

LAST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of these spans."""

    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other; nothing at all where there are none."""

    parts: tuple["Language", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What one of them takes."""

    options: frozenset["Language"]


@dataclass(frozen=True, slots=True)
class Both:
    """What all of them take."""

    parts: frozenset["Language"]


@dataclass(frozen=True, slots=True)
class Repeated:
    """So many times; `most` is None where there is no end."""

    part: "Language"
    least: int
    most: int | None


Language = Chars | Sequence | Either | Both | Repeated
NOTHING = Chars(())
EMPTY = Sequence(())
ANY = Chars(((0, LAST),))


def char(text: str) -> Language:
    """One certain character."""
    return Chars(((ord(text), ord(text)),))


def sequence(parts: Iterable[Language]) -> Language:
    """One after the other, in the simplest form."""
    flat: list[Language] = []
    for part in parts:
        if part == NOTHING:
            return NOTHING
        flat += part.parts if isinstance(part, Sequence) else [part]
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def either(options: Iterable[Language]) -> Language:
    """What one of them takes, in the simplest form."""
    flat: set[Language] = set()
    for each in options:
        flat |= each.options if isinstance(each, Either) else {each}
    flat.discard(NOTHING)
    return NOTHING if not flat else flat.pop() if len(flat) == 1 else Either(frozenset(flat))


def both(parts: Iterable[Language]) -> Language:
    """What all of them take, in the simplest form."""
    flat: set[Language] = set()
    for each in parts:
        flat |= each.parts if isinstance(each, Both) else {each}
    return NOTHING if NOTHING in flat else flat.pop() if len(flat) == 1 else Both(frozenset(flat))


def repeated(part: Language, least: int, most: int | None) -> Language:
    """So many times, in the simplest form."""
    if most == 0 or (part == NOTHING and least == 0):
        return EMPTY
    return part if (least, most) == (1, 1) or part == NOTHING else Repeated(part, least, most)


def takes_empty(of: Language) -> bool:
    """Whether the empty text is in the language."""
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
    """What may follow a character: the derivative."""
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
    """Any part may be the first that takes something, if those before it can take nothing."""
    for index, part in enumerate(parts):
        yield sequence([after(part, letter), *parts[index + 1 :]])
        if not takes_empty(part):
            return


def borders(of: Language) -> set[int]:
    """Where spans begin, and where they have just ended: a character of each kind."""
    match of:
        case Chars(spans):
            return {border for first, last in spans for border in (first, last + 1)}
        case Sequence(parts) | Both(parts):
            return reduce(set.union, map(borders, parts), set())
        case Either(options):
            return reduce(set.union, map(borders, options), set())
        case Repeated(part, _, _):
            return borders(part)
