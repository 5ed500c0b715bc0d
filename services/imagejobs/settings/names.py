"""Finds names that are meant to be a setting and are not: `RENDITION` for `RENDITIONS`."""

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher

SIMILAR = 0.75
"""How alike two words of a name must be, at least, as SIDE and SIZE are."""
SHORT = 3
"""Words that are no longer than this mean other things if a letter differs, as APP and API do; but for ADDRESSES."""
ADDRESSES = frozenset({"URI", "URL"})
TELLING = 3
"""Words that are enough where others are left out between them."""
OWN_PREFIXES = ("IMAGEJOBS_", "IMAGE_JOBS_")


def misspelt(names: Iterable[str], settings: Collection[str], given: Iterable[str] = ()) -> dict[str, str]:
    """Each of the names that is not a setting, in upper case, with the setting that it is likely meant to be.

    A setting that is among the names, or `given` elsewhere, is not what was meant: a name like it is then another
    program's, as `REDIS_URL` beside `REDIS_URI` may be.
    """
    written = {name.upper() for name in names}
    missing = frozenset(settings) - written - {name.upper() for name in given}
    meant = {name: _meant(name, missing) for name in sorted(written.difference(settings))}
    return {name: setting for name, setting in meant.items() if setting}


def _meant(name: str, settings: Iterable[str]) -> str | None:
    """The most similar setting, if there is one that is similar enough."""
    bare = next((name.removeprefix(prefix) for prefix in OWN_PREFIXES if name.startswith(prefix)), name)
    candidates = [setting for setting in sorted(settings) if _is_similar(bare, setting)]
    return max(candidates, key=lambda setting: SequenceMatcher(None, bare, setting).ratio(), default=None)


def _is_similar(name: str, setting: str) -> bool:
    """The same words but for some letters, for an underscore, or for words that are left out (`CONVERSION_MEMORY`)."""
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
    """Whether the words are among the others, in the same order."""
    rest = iter(others)
    return all(word in rest for word in words)
