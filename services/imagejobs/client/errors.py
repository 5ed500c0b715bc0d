"""What a call of the API can come to, other than its answer."""

from imagejobs.errors import BackingServiceUnavailable


class ApiUnavailable(BackingServiceUnavailable):
    """The API did not answer, or answered that it cannot now, as often as it was asked."""

    def __init__(self, reason: object) -> None:
        super().__init__("API", reason)


class ApiRefused(Exception):
    """The API answered with an error that asking again does not change."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class UnexpectedAnswer(Exception):
    """The API's answer breaks the contract in what the caller needs of it."""
