"""What nx-27017 0.8, the embedded MongoDB server, needs in updates and queries. It makes no difference to others."""

from collections.abc import Sequence
from typing import Any

from imagejobs.connections.mongodb import translated_errors

_PULL_NOTHING = {"$pull": {"neverThere": None}}
"""Changes nothing, but keeps nx-27017 from SQLite's json_set, which would write dates as text and damage ObjectIds in
arrays."""


def modify(found: Any, **updates: Any) -> Any:
    """Update the first document of a mongoengine query. Returns it as it is afterwards, or None."""
    with translated_errors():
        return found.modify(new=True, __raw__=_PULL_NOTHING, **updates)


def one_of(name: str, values: Sequence[str]) -> dict[str, Any]:
    """The condition that a field has one of these values. nx-27017 uses an index for the bounds, but not for `$in`."""
    return {name: {"$in": list(values), "$gte": min(values), "$lte": max(values)}}
