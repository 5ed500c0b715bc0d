"""What a result says of its objects."""

from collections.abc import Mapping, Sequence
from typing import Any


def recorded_sizes(
    key: str, renditions: Sequence[Mapping[str, Any]] | None, receipt: Mapping[str, Any] | None
) -> dict[str, int | None]:
    """Every key of a result and the bytes that its object is said to have; None where nothing is said.

    Records may be other programs': what is missing in them is nothing said.
    """
    sizes: dict[str, int | None] = {each["key"]: each.get("bytes") for each in renditions or () if each.get("key")}
    output = (receipt or {}).get("output")
    whole = output.get("bytes") if isinstance(output, Mapping) else None
    return {**sizes, key: whole or sizes.get(key)}
