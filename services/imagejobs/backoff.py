"""Pauses between tries."""

import random
from dataclasses import dataclass

_MAX_DOUBLINGS = 64
"""More would overflow a float after a day of failures."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """A pause that doubles from `first` to `longest` seconds.

    `jitter` is the share of a pause that is random: 0 for none, 1 for a pause between zero and the full length ("full
    jitter": https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    first: float
    longest: float
    jitter: float = 0.0

    def pause(self, failures: int) -> float:
        """Seconds until the next try, after so many failures before the current one."""
        longest = min(self.longest, self.first * 2.0 ** min(failures, _MAX_DOUBLINGS))
        return longest * random.uniform(1 - self.jitter, 1)  # noqa: S311 - spreads retries, protects nothing
