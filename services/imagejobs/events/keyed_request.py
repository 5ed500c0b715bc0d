"""A request with an Idempotency-Key, by which a repetition is recognised."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from imagejobs.jobs.errors import IdempotencyKeyReused


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """`fingerprint` is a hash of the content. It tells a repetition from another request with the same key."""

    key: str
    fingerprint: str

    @property
    def id(self) -> str:
        """The key as a name that a MongoDB field can have."""
        return f"k{hashlib.sha256(self.key.encode()).hexdigest()[:32]}"

    def images_key(self, event_id: str) -> str:
        """The idempotency key of the request's images. It contains a blank, so no client can send it."""
        return f"{event_id} {self.id} {self.fingerprint[:16]}"

    def require_same(self, fingerprint: str, event_id: str) -> None:
        """Raise IdempotencyKeyReused unless the fingerprint recorded under this key is this request's."""
        if fingerprint != self.fingerprint:
            told = (
                f"The Idempotency-Key was used for another request (event {event_id}); send a new key with a new one."
            )
            raise IdempotencyKeyReused(told)


def keyed_request(key: str, *content: str | None, images: Sequence[str]) -> KeyedRequest:
    """The request with this key, content and images. `images` are the SHA-256 of their bytes."""
    said = json.dumps([content, list(images)])
    return KeyedRequest(key, hashlib.sha256(said.encode()).hexdigest())
