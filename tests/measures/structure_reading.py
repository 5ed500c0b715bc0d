"""What the structure readers say of a file, or why they refuse it."""

import io

import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.probe import Probe, probe


def read(data: bytes) -> Probe:
    """The file's structure."""
    return probe(io.BytesIO(data))


def refusal(data: bytes) -> tuple[str, str]:
    """The code and the message of the refusal."""
    with pytest.raises(ConversionError) as caught:
        read(data)
    return caught.value.code, str(caught.value)


def code(data: bytes) -> str:
    """The code of the refusal alone."""
    return refusal(data)[0]
