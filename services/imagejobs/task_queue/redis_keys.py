"""The Redis keys beside the list, all derived from its name."""

import re
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
    def any_processing(self) -> str:
        """The SCAN pattern of all processing lists."""
        return re.sub(r"([*?\[\]\\^-])", r"\\\1", self.processing("")) + "*"

    def consumer_of(self, processing_key: bytes) -> str:
        """The consumer's id in a processing list's key."""
        return processing_key.decode().removeprefix(self.processing(""))
