"""What a call of the API can come to, other than its answer."""

from imagejobs.errors import BackingServiceUnavailable


class ApiUnavailable(BackingServiceUnavailable):
    """The API did not answer, or answered that it cannot now, as often as it was asked.

    `is_refused` says that nothing was carried out; else it may have been.
    """

    def __init__(self, reason: object, *, is_refused: bool = False) -> None:
        super().__init__("API", reason)
        self.is_refused = is_refused


class ApiNotReached(ApiUnavailable):
    """No connection to the API could be made, so that nothing was sent."""

    def __init__(self, reason: object) -> None:
        super().__init__(reason, is_refused=True)


class ApiRefused(Exception):
    """The API answered with an error that asking again does not change."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class UnexpectedAnswer(Exception):
    """The API's answer breaks the contract in what the caller needs of it."""
