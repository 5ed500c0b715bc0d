import resource
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest
from imagejobs.conversion import disk_room
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick_errors import processing_errors, reading_errors
from wand.exceptions import (
    CacheError,
    CoderError,
    CorruptImageError,
    CorruptImageFatalError,
    CorruptImageWarning,
    MissingDelegateError,
    ResourceLimitError,
    WandRuntimeError,
)


@pytest.mark.parametrize("errors", [reading_errors, processing_errors])
@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (ResourceLimitError("cache resources exhausted `' @ error/cache.c/OpenPixelCache/4095"), False),
        (CacheError("unable to extend cache `No space left on device' @ error/cache.c/OpenPixelCache/3893"), True),
        (CorruptImageError("unable to extend cache `File too large' @ error/cache.c/OpenPixelCache/3893"), True),
        (CoderError("out of memory `' @ error/webp.c/WriteWEBPImage/1000"), False),
    ],
)
def test_want_of_memory_is_for_good_and_want_of_disk_may_pass(
    errors: Callable[[str], AbstractContextManager[None]], error: Exception, retryable: bool
) -> None:
    with pytest.raises(ConversionError) as caught, errors("PNG"):
        raise error

    assert (caught.value.code, caught.value.retryable) == ("conversion_memory", retryable)
    assert "cache.c" not in str(caught.value)


def test_a_missing_decoder_is_not_the_files_fault() -> None:
    with pytest.raises(ConversionError) as caught, reading_errors("WebP"):
        raise MissingDelegateError("no decode delegate for this image format `WEBP'")

    assert caught.value.code == "conversion_failed"


def test_a_side_beyond_the_policy_is_too_many_pixels() -> None:
    with pytest.raises(ConversionError) as caught, processing_errors("PNG"):
        raise ResourceLimitError("width or height exceeds limit `PNG'")

    assert caught.value.code == "too_many_pixels"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CorruptImageError("improper image header `PNG' @ error/png.c/ReadPNGImage/4092"), "corrupt"),
        (CorruptImageFatalError("unexpected end-of-file `GIF'"), "corrupt"),
        (CorruptImageWarning("bad Huffman code `JPEG'"), "corrupt"),
        (CorruptImageWarning("Premature end of JPEG file `JPEG'"), "truncated"),
        (CorruptImageError("Insufficient image data in file `GIF'"), "truncated"),
        (CoderError("Not enough pixel data `PNG'"), "truncated"),
        (CoderError("WidthOrHeightExceedsLimit `PNG'"), "too_many_pixels"),
        (WandRuntimeError("MagickReadImageBlob returns false, but did not raise ImageMagick exception"), "corrupt"),
    ],
)
def test_what_the_decoder_complains_of_is_the_files_fault(error: Exception, code: str) -> None:
    with pytest.raises(ConversionError) as caught, reading_errors("PNG"):
        raise error

    assert (caught.value.code, caught.value.retryable) == (code, False)
    assert "`" not in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("blocks", "limit", "code", "retryable"),
    [
        (2000, 8_000_000, "corrupt", False),
        (2000, resource.RLIM_INFINITY, "corrupt", False),
        (1999, resource.RLIM_INFINITY, "conversion_memory", True),
        (2000, 7_999_999, "conversion_memory", True),
    ],
)
def test_no_reason_is_want_of_disk_where_the_pixels_had_no_room(
    blocks: int, limit: int, code: str, retryable: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def statvfs(folder: str) -> SimpleNamespace:
        assert folder == str(tmp_path)
        return SimpleNamespace(f_bavail=blocks, f_frsize=4000)

    monkeypatch.setenv("MAGICK_TEMPORARY_PATH", str(tmp_path))
    monkeypatch.setattr(disk_room.os, "statvfs", statvfs)
    monkeypatch.setattr(disk_room.resource, "getrlimit", lambda _kind: (limit, limit))
    with pytest.raises(ConversionError) as caught, reading_errors("PNG", 1_000_000):
        raise WandRuntimeError("MagickReadImageBlob returns false, but did not raise ImageMagick exception")

    assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_the_same_complaint_after_the_decoding_is_nobodys_known_fault() -> None:
    with pytest.raises(ConversionError) as caught, processing_errors("PNG"):
        raise CorruptImageError("improper image header `PNG'")

    assert caught.value.code == "conversion_failed"


def test_a_fault_in_the_program_is_not_taken_for_a_damaged_file() -> None:
    with pytest.raises(ZeroDivisionError), reading_errors("PNG"):
        raise ZeroDivisionError
