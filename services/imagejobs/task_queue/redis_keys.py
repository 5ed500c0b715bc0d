"""The Redis keys of this system: the list, and the keys whose names are made of the list's name and the namespace."""

from dataclasses import dataclass

PROBE_TTL = 60
"""Seconds until the key expires that a ping writes."""


def namespaced(namespace: str, key: str) -> str:
    """The key with REDIS_NAMESPACE in front; unchanged if the namespace is empty."""
    return f"{namespace}:{key}" if namespace else key


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """`name` is the list: producers push at its left end, consumers take from its right end.

    Other programs use the list too, so it is the only key without the namespace.
    """

    name: str
    namespace: str = ""

    @property
    def dead(self) -> str:
        """The list of dead letters, newest first; see dead_letter."""
        return self._own("dead")

    def processing(self, consumer_id: str) -> str:
        """The list of the messages that a consumer has taken and not settled, newest first."""
        return self._own(f"processing:{consumer_id}")

    def heartbeat(self, consumer_id: str) -> str:
        """The key that exists while the consumer is alive; it expires without heartbeats."""
        return self._own(f"consumer:{consumer_id}")

    @property
    def consumers(self) -> str:
        """The set of the ids of all consumers that may have a processing list."""
        return self._own("consumers")

    @property
    def probe(self) -> str:
        """The key that a ping writes to test whether Redis accepts writes."""
        return self._own("probe")

    def _own(self, what: str) -> str:
        return namespaced(self.namespace, f"{self.name}:{what}")
