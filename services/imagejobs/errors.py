"""Errors that every process knows: a backing service is unavailable, or the configuration is wrong."""


class BackingServiceUnavailable(Exception):
    """A backing service did not answer, or answered that it cannot serve now.

    The caller may try again. ``service`` is its name for people: "MongoDB", "Redis", "storage" or "API".
    ``answer`` explains what the service answered, if it did, without addresses or file names: clients may read it.
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
