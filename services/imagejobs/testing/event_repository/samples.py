"""The events, requests and times that the suite uses."""

from datetime import UTC, datetime

from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.events.model import EventFields

MISSING_ID = "655501d2f12a3d0f3c5a1002"
MOMENT = datetime(2024, 1, 1, 12, 30, 15, 123_000, tzinfo=UTC)
FULL = EventFields(
    name="Test Event", community="Komunitas é", date=MOMENT, tutor_type="Internal", tutor_name="John Doe"
)
REQUEST = KeyedRequest("key 1", "f" * 64)
OTHER_REQUEST = KeyedRequest("key 2", "e" * 64)
SAME_KEY = KeyedRequest("key 1", "0" * 64)
