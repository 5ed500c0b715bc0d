import warnings

import pytest
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.library import apply_limits, encoder_name
from imagejobs.conversion.magick.noted_exceptions import image_exceptions
from imagejobs.conversion.options import Options
from wand.api import library
from wand.exceptions import CorruptImageWarning, ImageError, ResourceLimitError
from wand.resource import limits


def test_one_thread_and_no_time_limit() -> None:
    before = limits["time"]
    apply_limits(Options())

    assert limits["thread"] == 1
    assert limits["time"] == before


def test_the_memory_follows_the_pixels() -> None:
    apply_limits(Options(max_pixels=1_000_000))

    assert [limits[name] for name in ("memory", "map", "disk")] == [24_000_000] * 3
    apply_limits(Options())


@pytest.mark.parametrize(("decoder_bytes", "left"), [(400_000_000, 100_000_000), (490_000_000, 64_000_000)])
def test_pixels_get_the_memory_that_a_decoder_leaves(decoder_bytes: int, left: int) -> None:
    apply_limits(Options(), decoder_bytes)

    assert (limits["memory"], limits["map"]) == (left, 0)
    apply_limits(Options())


@pytest.mark.parametrize("message", ["Corrupt JPEG data: 6 extraneous bytes before marker 0xd9", "odd"])
def test_a_harmless_warning_does_not_leave_the_wand(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with MagickImage() as image, warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.setattr(image, "get_exception", lambda: CorruptImageWarning(message))
        image.raise_exception()


def test_the_encoder_names_its_library() -> None:
    assert encoder_name().startswith("ImageMagick ")


@pytest.mark.parametrize("message", ["ColorspaceColorProfileMismatch `ICC'", "unable to create color transform `ICC'"])
def test_a_profile_that_cannot_be_used_is_told_from_a_failure(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "MagickProfileImage", lambda *_: False)
    with MagickImage() as image:
        monkeypatch.setattr(image, "raise_exception", lambda: raises(ImageError(message)))
        assert image.convert_profile(b"profile") is False


def test_any_other_failure_of_a_profile_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "MagickProfileImage", lambda *_: False)
    with MagickImage() as image:
        monkeypatch.setattr(image, "raise_exception", lambda: raises(ResourceLimitError("memory allocation failed")))
        with pytest.raises(ResourceLimitError):
            image.convert_profile(b"profile")


def test_an_empty_wand_has_no_exception() -> None:
    with MagickImage() as image:
        assert image_exceptions(image.wand) == []


def raises(error: Exception) -> None:
    raise error
