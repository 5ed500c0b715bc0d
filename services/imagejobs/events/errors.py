"""Errors of requests about events."""


class EventNotFound(Exception):
    """No event has this id."""

    def __init__(self, event_id: str) -> None:
        super().__init__(f"Event {event_id} not found.")
