"""The violation of a name that the contract does not have, with a guess at the name that was meant."""

from collections.abc import Collection
from difflib import get_close_matches

from imagejobs.contract.violations import Violation

MAX_SHOWN = 100


def unknown_name(name: str, kind: str, known: Collection[str]) -> Violation:
    """The violation of `name`; `kind` is what the name should be, such as "query parameter of listImageJobs"."""
    by_letters = {_letters(each): each for each in known}
    close = get_close_matches(_letters(name), list(by_letters), n=1, cutoff=0.6)
    guess = f" Did you mean {by_letters[close[0]]}?" if close else ""
    listed = f" Known: {', '.join(known)}." if known else " It has none."
    return Violation(name[:MAX_SHOWN], f"is not a {kind}.{guess}{listed}")


def _letters(name: str) -> str:
    """The letters and digits: `tutor.type` and `Tutor_Type` are then the same as `tutor[type]`."""
    return "".join(each for each in name[:MAX_SHOWN].lower() if each.isalnum())
