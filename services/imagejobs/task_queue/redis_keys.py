"""The Redis keys of this system: those beside the list are derived from its name, all of them carry the namespace."""

from dataclasses import dataclass


def namespaced(namespace: str, key: str) -> str:
    """A key of the deployment with this REDIS_NAMESPACE; without one the keys are what they were before it existed."""
    return f"{namespace}:{key}" if namespace else key


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """`name` is the list, which other programs use too; producers push at its left end, consumers pop from its right.

    It is the only key without the namespace.
    """

    name: str
    namespace: str = ""

    @property
    def dead(self) -> str:
        """The list of messages that nobody can read, newest first: JSON with reason, at, message and base64."""
        return self._own("dead")

    def processing(self, consumer_id: str) -> str:
        """The list of what a consumer has taken and not settled, newest first."""
        return self._own(f"processing:{consumer_id}")

    def heartbeat(self, consumer_id: str) -> str:
        """Exists as long as the consumer lives."""
        return self._own(f"consumer:{consumer_id}")

    @property
    def consumers(self) -> str:
        """The set of the ids of all consumers that may have a processing list."""
        return self._own("consumers")

    @property
    def probe(self) -> str:
        """Written to see whether Redis takes writes; it expires."""
        return self._own("probe")

    def _own(self, what: str) -> str:
        return namespaced(self.namespace, f"{self.name}:{what}")
