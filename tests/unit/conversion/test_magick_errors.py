import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick_errors import processing_errors, reading_errors
from wand.exceptions import MissingDelegateError, ResourceLimitError


def test_want_of_memory_may_be_tried_again() -> None:
    with pytest.raises(ConversionError) as caught, reading_errors("PNG"):
        raise ResourceLimitError("cache resources exhausted `' @ error/cache.c/OpenPixelCache/4095")

    assert (caught.value.code, caught.value.retryable) == ("conversion_memory", True)
    assert "cache.c" not in str(caught.value)


def test_a_missing_decoder_is_not_the_files_fault() -> None:
    with pytest.raises(ConversionError) as caught, reading_errors("WebP"):
        raise MissingDelegateError("no decode delegate for this image format `WEBP'")

    assert caught.value.code == "conversion_failed"


def test_a_side_beyond_the_policy_is_too_many_pixels() -> None:
    with pytest.raises(ConversionError) as caught, processing_errors("PNG"):
        raise ResourceLimitError("width or height exceeds limit `PNG'")

    assert caught.value.code == "too_many_pixels"
