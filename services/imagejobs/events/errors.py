"""Errors of requests about events."""


class EventNotFound(Exception):
    """There is no event with this id."""

    def __init__(self, event_id: str) -> None:
        super().__init__(f"There is no event {event_id}.")
