import pickle

from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault, truncated


def test_an_error_survives_the_way_between_processes() -> None:
    error = ConversionError(ErrorCode.CONVERSION_MEMORY, "no memory", retryable=True)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert (str(copy), copy.code, copy.retryable) == ("no memory", "conversion_memory", True)


def test_a_fault_of_the_machine_stays_one_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(MachineFault(ErrorCode.CONVERSION_MEMORY, "no room")))  # noqa: S301 - our own bytes

    assert (type(copy), str(copy), copy.code, copy.retryable) == (MachineFault, "no room", "conversion_memory", True)


def test_the_message_says_what_to_do() -> None:
    assert str(truncated("The PNG ends")) == "The PNG ends: the file was cut off. Send the complete file."
