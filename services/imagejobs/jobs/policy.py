"""The rules for jobs that settings change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """See docs/reference/settings.md."""

    output_prefix: str = "optimized/"
    renditions: tuple[int, ...] = ()
    max_queue_length: int = 100_000
    accept_without_queue: bool = True
    check_legacy_output: bool = False
