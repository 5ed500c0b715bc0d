"""Which objects are a job's."""

from collections.abc import Mapping, Sequence
from typing import Any

from imagejobs.jobs.model import ImageJob
from imagejobs.storage.keys import is_raw_key, is_safe_key, output_key, rendition_key


def keys_of(job: ImageJob, output_prefix: str, renditions: Sequence[int]) -> set[str]:
    """Its source, and every output that is recorded or may have been uploaded.

    Only keys under raw/ and the output prefix: a record that others wrote must not delete anything else.
    """
    keys: set[str] = set()
    if is_raw_key(job.source_image_key):
        output = output_key(job.source_image_key, output_prefix)
        keys = {job.source_image_key, output, *(rendition_key(output, side) for side in renditions)}
    return keys | {key for key in job.output_keys if is_safe_key(key) and key.startswith(output_prefix)}


def recorded_sizes(
    key: str, renditions: Sequence[Mapping[str, Any]] | None, receipt: Mapping[str, Any] | None
) -> dict[str, int | None]:
    """Every key that a result names and the bytes that its object is said to have; None where nothing is said.

    Records may be other programs': what is missing in them is nothing said.
    """
    sizes: dict[str, int | None] = {each["key"]: each.get("bytes") for each in renditions or () if each.get("key")}
    output = (receipt or {}).get("output")
    whole = output.get("bytes") if isinstance(output, Mapping) else None
    return {**sizes, key: whole or sizes.get(key)}
