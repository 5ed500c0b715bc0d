"""Finds misspelt names of settings, such as `RENDITION` for `RENDITIONS`."""

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher

SIMILAR = 0.75
"""The least similarity of two words that count as alike, as SIDE and SIZE do (difflib's ratio, 0 to 1)."""
SHORT = 3
"""Words of at most this many letters must be equal: APP is not a misspelt API. ADDRESSES are the only exception."""
ADDRESSES = frozenset({"URI", "URL"})
TELLING = 3
"""The least number of words that a name must have if words of the setting may be missing between them."""
OWN_PREFIXES = ("IMAGEJOBS_", "IMAGE_JOBS_")


def misspelt(names: Iterable[str], settings: Collection[str], given: Iterable[str] = ()) -> dict[str, str]:
    """The names that are probably misspelt, in upper case, each with the setting that was probably meant.

    If the setting itself is among `names` or `given`, a similar name belongs to another program, as `REDIS_URL` beside
    `REDIS_URI` may.
    """
    written = {name.upper() for name in names}
    missing = frozenset(settings) - written - {name.upper() for name in given}
    meant = {name: _meant(name, missing) for name in sorted(written.difference(settings))}
    return {name: setting for name, setting in meant.items() if setting}


def _meant(name: str, settings: Iterable[str]) -> str | None:
    """The most similar setting; None if none is similar enough."""
    bare = next((name.removeprefix(prefix) for prefix in OWN_PREFIXES if name.startswith(prefix)), name)
    candidates = [setting for setting in sorted(settings) if _is_similar(bare, setting)]
    return max(candidates, key=lambda setting: SequenceMatcher(None, bare, setting).ratio(), default=None)


def _is_similar(name: str, setting: str) -> bool:
    """Whether the names differ only in some letters, an underscore, or words left out (`CONVERSION_MEMORY`)."""
    words, setting_words = name.split("_"), setting.split("_")
    if len(words) == len(setting_words):
        return all(_are_alike(one, other) for one, other in zip(words, setting_words, strict=True))
    if "".join(words) == "".join(setting_words):
        return True
    is_beginning = len(words) > 1 and setting.startswith(f"{name}_")
    return is_beginning or (len(words) >= TELLING and _are_among(words, setting_words))


def _are_alike(one: str, other: str) -> bool:
    if one == other or {one, other} <= ADDRESSES:
        return True
    return max(len(one), len(other)) > SHORT and SequenceMatcher(None, one, other).ratio() >= SIMILAR


def _are_among(words: Iterable[str], others: Iterable[str]) -> bool:
    """Whether all words are among the others, in the same order."""
    rest = iter(others)
    return all(word in rest for word in words)
