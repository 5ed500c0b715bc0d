"""Errors that every process knows: the outside world is unavailable, or the settings are wrong."""


class BackingServiceUnavailable(Exception):
    """A backing service did not answer, or answered that it cannot serve now.

    ``service`` is the name a person knows it by: "MongoDB", "Redis", "storage" or "API". The caller may try again.
    ``answer`` says what it answered, if it did, in words that anybody may read: no address, no name of a file.
    """

    def __init__(self, service: str, reason: object, answer: str | None = None) -> None:
        self.service = service
        self.reason = reason
        self.answer = answer
        super().__init__(f"{service} is unavailable: {reason}")


class DatabaseUnavailable(BackingServiceUnavailable):
    """MongoDB did not answer; whether the last change took effect is not known."""

    def __init__(self, reason: object, answer: str | None = None) -> None:
        super().__init__("MongoDB", reason, answer)


class DuplicateKey(Exception):
    """Another record has this id or this unique value."""


class ConfigurationError(Exception):
    """A setting, a file or a program that the process needs is missing or wrong; the message names the remedy."""
