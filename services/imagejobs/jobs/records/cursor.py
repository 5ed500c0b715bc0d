"""Pages of records, newest first. The cursor is the id of a page's last record."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class _Record(Protocol):
    @property
    def id(self) -> str: ...


Record = TypeVar("Record", bound=_Record)


def first_page(found: Sequence[Record], limit: int) -> tuple[Sequence[Record], str | None]:
    """Split what a query for `limit + 1` records found: the page, and the cursor if there are more records."""
    return found[:limit], found[limit - 1].id if len(found) > limit else None
