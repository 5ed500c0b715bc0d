"""The Redis keys beside the list, all derived from its name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """`<name>` is the list; producers push at its left end, consumers pop from its right."""

    name: str

    @property
    def dead(self) -> str:
        """The list of messages that nobody can read, newest first: JSON with reason, at, message and base64."""
        return f"{self.name}:dead"

    def processing(self, consumer_id: str) -> str:
        """The list of what a consumer has taken and not settled, newest first."""
        return f"{self.name}:processing:{consumer_id}"

    def heartbeat(self, consumer_id: str) -> str:
        """Exists as long as the consumer lives."""
        return f"{self.name}:consumer:{consumer_id}"

    @property
    def consumers(self) -> str:
        """The set of the ids of all consumers that may have a processing list."""
        return f"{self.name}:consumers"

    @property
    def probe(self) -> str:
        """Written to see whether Redis takes writes; it expires."""
        return f"{self.name}:probe"
