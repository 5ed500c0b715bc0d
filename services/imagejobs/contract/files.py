"""Finds the contracts: inside the installed package, or at the top of a checkout."""

from pathlib import Path

from imagejobs.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "contracts", _PACKAGE.parents[1] / "contracts")
"""The wheel carries `imagejobs/contracts/`; a checkout has `contracts/` beside `services/`."""


def contract_file(name: str) -> Path:
    """The file `name` of `contracts/`, such as `openapi.yaml`. Raises ConfigurationError if it is missing."""
    for place in _PLACES:
        if (place / name).is_file():
            return place / name
    looked_in = " and ".join(str(place) for place in _PLACES)
    raise ConfigurationError(f"the contract {name} is missing (looked in {looked_in}): install image-jobs again")
