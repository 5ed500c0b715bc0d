"""Times: with a time zone, in UTC, in whole milliseconds as MongoDB stores them."""

from datetime import UTC, datetime


def to_milliseconds(moment: datetime) -> datetime:
    """Cut to whole milliseconds, the resolution of a BSON date."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def isoformat(moment: datetime) -> str:
    """`2024-01-01T00:00:00.000Z`, as JavaScript writes a Date."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
