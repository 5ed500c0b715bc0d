"""Errors of a call to the API."""

from imagejobs.errors import BackingServiceUnavailable


class ApiUnavailable(BackingServiceUnavailable):
    """No try succeeded: the API did not answer, or answered that it cannot serve now.

    With `is_refused` the request was surely not carried out; otherwise it may have been.
    """

    def __init__(self, reason: object, *, is_refused: bool = False) -> None:
        super().__init__("API", reason)
        self.is_refused = is_refused


class ApiNotReached(ApiUnavailable):
    """The client could not connect to the API, so the request was never sent."""

    def __init__(self, reason: object) -> None:
        super().__init__(reason, is_refused=True)


class ApiRefused(Exception):
    """The API answered with an error that another try would not change."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class UnexpectedAnswer(Exception):
    """The API's answer breaks the contract, or is too large."""
