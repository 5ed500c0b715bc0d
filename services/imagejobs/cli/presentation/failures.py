"""Turns foreseen errors into failures of a command."""

from imagejobs.cli.presentation.answer import CommandFailed, Failure
from imagejobs.client.errors import ApiNotReached, ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError

FORESEEN = (ConfigurationError, BackingServiceUnavailable, ApiRefused, UnexpectedAnswer)
START_IT = "start it with `imagejobs up`, or set API_URL to its address"


def failure_of(error: Exception) -> Failure | None:
    """The failure for a foreseen error; None for any other error, which keeps its traceback."""
    match error:
        case CommandFailed():
            return error.failure
        case ConfigurationError():
            return Failure("configuration", str(error))
        case ApiNotReached():
            return Failure("unavailable", f"{error}; {START_IT}", {"service": error.service})
        case BackingServiceUnavailable():
            return Failure("unavailable", str(error), {"service": error.service})
        case ApiRefused(code=code) if code:
            return Failure(code, str(error), {"status": error.status}, shows_code=True)
        case ApiRefused() | UnexpectedAnswer():
            return Failure("unexpected_answer", str(error))
    return None
