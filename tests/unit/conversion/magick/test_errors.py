from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from imagejobs.conversion.errors import ConversionError, MachineFault
from imagejobs.conversion.magick import errors as magick_errors
from imagejobs.conversion.magick.errors import if_there_is_room, processing_errors, reading_errors
from wand.exceptions import (
    BlobError,
    CacheError,
    CoderError,
    CorruptImageError,
    CorruptImageFatalError,
    CorruptImageWarning,
    MissingDelegateError,
    ResourceLimitError,
    WandRuntimeError,
)

SILENT = WandRuntimeError("MagickReadImageBlob returns false, but did not raise ImageMagick exception")
EXHAUSTED = ResourceLimitError("cache resources exhausted `' @ error/cache.c/OpenPixelCache/4095")
Errors = Callable[..., AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """The resources that the machine has. A test sets those to False that it wants to be missing."""
    has = {"disk": True, "memory": True, "files": True, "all its memory": True}
    monkeypatch.setattr(magick_errors, "has_disk_room", lambda _count: has["disk"])
    monkeypatch.setattr(magick_errors, "has_memory", lambda _count: has["memory"])
    monkeypatch.setattr(magick_errors, "has_files", lambda: has["files"])
    monkeypatch.setattr(magick_errors, "has_all_its_memory", lambda: has["all its memory"])
    return has


@pytest.mark.parametrize("errors", [reading_errors, processing_errors])
@pytest.mark.parametrize(
    "error",
    [
        CacheError("unable to extend cache `No space left on device' @ error/cache.c/OpenPixelCache/3893"),
        CorruptImageError("unable to extend cache `File too large' @ error/cache.c/OpenPixelCache/3893"),
        CacheError("unable to open pixel cache `No such file or directory' @ error/cache.c/OpenPixelCache/4098"),
        CacheError("unable to open pixel cache `Too many open files' @ error/cache.c/OpenPixelCache/4098"),
        CacheError("unable to write pixel cache `magick-1' @ error/cache.c/WritePixelCachePixels/5793"),
        BlobError("unable to write blob `' @ error/blob.c/ImageToBlob/2100"),
        OSError(28, "No space left on device"),
    ],
)
def test_a_shortage_of_disk_or_files_is_the_machines_fault(errors: Errors, error: Exception) -> None:
    with pytest.raises(MachineFault) as caught, errors("PNG", 1_000):
        raise error

    assert (caught.value.code, caught.value.retryable) == ("conversion_memory", True)
    assert ".c/" not in str(caught.value)
    assert "The image is not the reason" in str(caught.value)


@pytest.mark.parametrize("errors", [reading_errors, processing_errors])
@pytest.mark.parametrize(
    "error",
    [
        ResourceLimitError("memory allocation failed `' @ error/gif.c/ReadGIFImage/1300"),
        CoderError("out of memory `' @ error/webp.c/WriteWEBPImage/1000"),
        CorruptImageError("Insufficient memory (case 4) `' @ error/jpeg.c/JPEGErrorHandler/345"),
        ResourceLimitError("something that ImageMagick counts among the limits"),
        MemoryError(),
    ],
)
def test_memory_is_the_pictures_fault_only_where_the_machine_gave_all_that_is_allowed(
    errors: Errors, error: Exception, room: dict[str, bool]
) -> None:
    def judged() -> tuple[str, bool]:
        with pytest.raises(ConversionError) as caught, errors("PNG", 1_000):
            raise error
        return caught.value.code, isinstance(caught.value, MachineFault)

    assert judged() == ("conversion_memory", False)
    room["all its memory"] = False
    assert judged() == ("conversion_memory", True)
    room.update({"all its memory": True, "disk": False})
    assert judged() == ("conversion_memory", True)


@pytest.mark.parametrize("errors", [reading_errors, processing_errors])
def test_what_is_beyond_the_budget_of_a_conversion_is_so_on_every_machine(
    errors: Errors, room: dict[str, bool]
) -> None:
    room.update(dict.fromkeys(room, False))
    with pytest.raises(ConversionError) as caught, errors("PNG", 1_000):
        raise EXHAUSTED

    assert (caught.value.code, caught.value.retryable) == ("conversion_memory", False)


@pytest.mark.parametrize("errors", [reading_errors, processing_errors])
@pytest.mark.parametrize("short_of", ["disk", "files"])
def test_no_reason_is_a_shortage_where_there_is_one(errors: Errors, short_of: str, room: dict[str, bool]) -> None:
    room[short_of] = False
    with pytest.raises(MachineFault) as caught, errors("PNG", 1_000):
        raise SILENT

    assert caught.value.code == "conversion_memory"


def test_no_reason_is_a_lack_of_memory_where_the_codec_could_not_have_its(room: dict[str, bool]) -> None:
    room["memory"] = False
    with pytest.raises(ConversionError) as caught, reading_errors("HEIC", 1_000, codec_bytes=9_000):
        raise SILENT

    assert (caught.value.code, caught.value.retryable) == ("conversion_memory", False)


def test_a_codec_that_calls_the_file_damaged_is_believed_only_where_it_could_have_its_memory(
    room: dict[str, bool],
) -> None:
    """libheif reports a damaged file when its decoder has no memory."""

    def judged() -> str:
        with pytest.raises(ConversionError) as caught, reading_errors("AVIF", 1_000, codec_bytes=19_000):
            raise CorruptImageError("Decoder plugin generated an error `' @ error/heic.c/IsHeifSuccess/139")
        return caught.value.code

    assert judged() == "corrupt"
    room["memory"] = False
    assert judged() == "conversion_memory"


def test_too_many_complaints_are_about_the_file() -> None:
    with pytest.raises(ConversionError) as caught, reading_errors("PNG", 1_000):
        raise ResourceLimitError("too many exceptions `PNG'")

    assert caught.value.code == "corrupt"


@pytest.mark.parametrize(
    "error",
    [MemoryError(), ImportError("numpy"), EXHAUSTED, OSError(24, "Too many open files"), CacheError("out of memory")],
)
def test_an_optional_part_is_left_out_where_there_is_no_room(error: Exception) -> None:
    assert if_there_is_room(lambda: raises(error)) is None


@pytest.mark.parametrize("error", [CoderError("corrupt"), FileNotFoundError("numpy"), ZeroDivisionError()])
def test_what_fails_for_another_reason_is_not_left_out(error: Exception) -> None:
    with pytest.raises(type(error)):
        if_there_is_room(lambda: raises(error))


def raises(error: Exception) -> None:
    raise error


def test_the_place_of_temporary_files_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAGICK_TEMPORARY_PATH", str(tmp_path / "own"))
    with (
        pytest.raises(MachineFault, match=f"does not have enough room for temporary files in {tmp_path} to"),
        reading_errors("PNG"),
    ):
        raise CacheError("unable to write pixel cache")


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
        (SILENT, "corrupt"),
    ],
)
def test_what_the_decoder_complains_of_is_the_files_fault(error: Exception, code: str) -> None:
    with pytest.raises(ConversionError) as caught, reading_errors("PNG"):
        raise error

    assert (caught.value.code, caught.value.retryable) == (code, False)
    assert "`" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_the_same_complaint_after_the_decoding_is_not_blamed_on_the_file() -> None:
    with pytest.raises(ConversionError) as caught, processing_errors("PNG"):
        raise CorruptImageError("improper image header `PNG'")

    assert caught.value.code == "conversion_failed"


def test_a_fault_in_the_program_is_not_taken_for_a_damaged_file() -> None:
    with pytest.raises(ZeroDivisionError), reading_errors("PNG"):
        raise ZeroDivisionError
