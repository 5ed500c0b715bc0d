"""Read the structure of a file, or get the reason why it is refused."""

import io

import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.probe import Probe, probe


def read(data: bytes) -> Probe:
    """The file's structure."""
    return probe(io.BytesIO(data))


def refusal(data: bytes) -> tuple[str, str]:
    """The code and the message of the error with which the file is refused."""
    with pytest.raises(ConversionError) as caught:
        read(data)
    return caught.value.code, str(caught.value)


def code(data: bytes) -> str:
    """The code of the error with which the file is refused."""
    return refusal(data)[0]
