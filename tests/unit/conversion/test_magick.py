import subprocess
import sys
import warnings

import pytest
from imagejobs.conversion.magick import MagickImage, apply_limits, encoder_name
from imagejobs.conversion.options import Options
from wand.exceptions import CorruptImageWarning
from wand.resource import limits

WITHOUT_LIBRARY = """
import ctypes.util, sys
ctypes.util.find_library = lambda name: None
from imagejobs.errors import ConfigurationError
try:
    import imagejobs.conversion.engine
except ConfigurationError as error:
    sys.exit(0 if "make install" in str(error) and "libmagickwand" in str(error) else 2)
sys.exit(1)
"""


def test_a_missing_library_is_named_with_its_remedy() -> None:
    program = [sys.executable, "-c", WITHOUT_LIBRARY]

    assert subprocess.run(program, timeout=30, check=False, env={"PATH": ""}).returncode == 0


def test_importing_the_engine_warns_of_nothing() -> None:
    program = [sys.executable, "-W", "error", "-c", "import imagejobs.conversion.engine"]

    assert subprocess.run(program, timeout=30, check=False).returncode == 0


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
