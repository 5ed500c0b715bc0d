from typing import Any

import pytest
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.sandbox.result import Picture, read_result

LARGE, SMALL = {"width": 40, "height": 30, "bytes": 5}, {"width": 4, "height": 3, "bytes": 2}
HEADER = {"pictures": [LARGE, SMALL], "receipt": {"quality": 80}, "thumb_hash": "AAAA", "dominant_color": "#ff0000"}


def test_the_payload_is_cut_into_its_pictures() -> None:
    result = read_result(HEADER, b"largexy")

    assert result.pictures == (Picture(40, 30, b"large"), Picture(4, 3, b"xy"))
    assert result.data == b"large"
    assert (result.receipt, result.thumb_hash, result.dominant_color) == ({"quality": 80}, "AAAA", "#ff0000")


@pytest.mark.parametrize("payload", [b"", b"large", b"largex", b"largexyz"])
def test_what_was_announced_must_come_and_nothing_else(payload: bytes) -> None:
    with pytest.raises(ValueError, match="bytes of pictures, but the payload has"):
        read_result(HEADER, payload)


def test_a_result_without_a_picture_is_none() -> None:
    with pytest.raises(ValueError, match="bytes of pictures, but the payload has"):
        read_result({**HEADER, "pictures": []}, b"")


@pytest.mark.parametrize("field", ["width", "height", "bytes"])
@pytest.mark.parametrize("value", [0, -1, 2.0, float("inf"), float("nan"), "2", None, [], "9" * 5000])
def test_sizes_are_whole_numbers_above_nothing(field: str, value: object) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        read_result({**HEADER, "pictures": [LARGE, {**SMALL, field: value}]}, b"largexy")


@pytest.mark.parametrize("field", HEADER)
def test_every_field_must_be_there(field: str) -> None:
    with pytest.raises(KeyError):
        read_result({name: value for name, value in HEADER.items() if name != field}, b"largexy")


@pytest.mark.parametrize("code", ErrorCode)
@pytest.mark.parametrize("retryable", [True, False])
def test_an_error_is_raised_as_it_was(code: ErrorCode, retryable: bool) -> None:
    with pytest.raises(ConversionError) as caught:
        read_result({"error": {"code": code.value, "message": "because", "retryable": retryable}}, b"")

    assert (caught.value.code, caught.value.message, caught.value.retryable) == (code.value, "because", retryable)


@pytest.mark.parametrize("value", [1, "true", None, [True]])
def test_only_true_is_retryable(value: object) -> None:
    with pytest.raises(ConversionError) as caught:
        read_result({"error": {"code": "corrupt", "message": "", "retryable": value}}, b"")

    assert caught.value.retryable is False


@pytest.mark.parametrize(
    "error",
    [None, "text", [], {}, {"code": "corrupt"}, {"code": "unheard_of", "message": "", "retryable": True}, {"code": []}],
)
def test_an_error_that_makes_no_sense_is_none(error: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_result({"error": error}, b"")
