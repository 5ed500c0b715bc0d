import warnings

import pytest
from imagejobs.conversion.magick import MagickImage, apply_limits, encoder_name
from imagejobs.conversion.options import Options
from wand.exceptions import CorruptImageWarning
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


@pytest.mark.parametrize("message", ["Corrupt JPEG data: 6 extraneous bytes before marker 0xd9", "odd"])
def test_a_harmless_warning_does_not_leave_the_wand(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with MagickImage() as image, warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.setattr(image, "get_exception", lambda: CorruptImageWarning(message))
        image.raise_exception()


def test_the_encoder_names_its_library() -> None:
    assert encoder_name().startswith("ImageMagick ")
