"""A request with an Idempotency-Key, by which its repetition is known."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from imagejobs.jobs.errors import IdempotencyKeyReused


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """`fingerprint` tells a repetition from another request that uses the same key."""

    key: str
    fingerprint: str

    @property
    def id(self) -> str:
        """The key in a form that can name a field in MongoDB."""
        return f"k{hashlib.sha256(self.key.encode()).hexdigest()[:32]}"

    def images_key(self, event_id: str) -> str:
        """The idempotency key of the request's images. No client can send it: it has a blank."""
        return f"{event_id} {self.id} {self.fingerprint[:16]}"

    def require_same(self, fingerprint: str, event_id: str) -> None:
        """Raise IdempotencyKeyReused unless the fingerprint recorded under this key is this request's."""
        if fingerprint != self.fingerprint:
            told = (
                f"The Idempotency-Key was used for another request (event {event_id}); send a new key with a new one."
            )
            raise IdempotencyKeyReused(told)


def keyed_request(key: str, *content: str | None, images: Sequence[str]) -> KeyedRequest:
    """The request with this key, content and images, which are known by their hashes."""
    said = json.dumps([content, list(images)])
    return KeyedRequest(key, hashlib.sha256(said.encode()).hexdigest())
