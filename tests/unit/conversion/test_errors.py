import pickle

from imagejobs.conversion.errors import ConversionError, ErrorCode, truncated


def test_an_error_survives_the_way_between_processes() -> None:
    error = ConversionError(ErrorCode.CONVERSION_MEMORY, "no memory", retryable=True)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert (str(copy), copy.code, copy.retryable) == ("no memory", "conversion_memory", True)


def test_the_message_says_what_to_do() -> None:
    assert str(truncated("The PNG ends")) == "The PNG ends: the file was cut off. Send the complete file."
