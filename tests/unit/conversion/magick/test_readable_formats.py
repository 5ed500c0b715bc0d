from typing import Any

import pytest
from imagejobs.conversion.errors import MachineFault
from imagejobs.conversion.formats.registry import FORMATS, GIF, PNG
from imagejobs.conversion.magick import readable_formats as readable
from imagejobs.conversion.magick.image import MagickImage
from wand.exceptions import ModuleError
from wand.version import formats


@pytest.fixture(autouse=True)
def unasked() -> None:
    readable.readable_formats.cache_clear()


def test_what_every_imagemagick_reads_is_readable() -> None:
    assert {"jpeg", "png", "gif", "webp"} <= {each.name for each in readable.readable_formats()}


def test_nothing_is_readable_that_imagemagick_does_not_list() -> None:
    listed = {name.lower() for name in formats()}

    assert {each.name for each in readable.readable_formats()} <= listed


def test_a_decoder_that_fails_although_it_is_listed_makes_its_format_unreadable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where libheif is there and the codec's plugin is not."""
    monkeypatch.setitem(readable._SAMPLES, "png", readable._SAMPLES["gif"])

    assert PNG not in readable.readable_formats()
    assert GIF in readable.readable_formats()


def test_a_format_that_cannot_be_tried_for_lack_of_room_is_not_called_unreadable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: Any) -> None:
        raise ModuleError("unable to load module `heic.so: failed to map segment from shared object'")

    monkeypatch.setattr(MagickImage, "read", fail)

    with pytest.raises(MachineFault, match="failed to map segment"):
        readable.readable_formats()


def test_no_decoder_without_a_reason_is_a_lack_of_open_files_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(readable._SAMPLES, "png", readable._SAMPLES["gif"])
    monkeypatch.setattr(readable, "has_files", lambda: False)

    with pytest.raises(MachineFault, match="PNG"):
        readable.readable_formats()


def test_it_is_tried_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    first = readable.readable_formats()
    monkeypatch.setattr(readable, "_SAMPLES", {})

    assert readable.readable_formats() is first


def test_there_is_a_sample_of_every_format() -> None:
    assert list(readable._SAMPLES) == [each.name for each in FORMATS]
