from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from imagejobs.conversion.errors import MachineFault
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.registry import FORMATS, GIF, PNG
from imagejobs.conversion.magick import readable_formats as readable
from imagejobs.conversion.magick.image import MagickImage
from wand.exceptions import ModuleError
from wand.version import formats


@pytest.fixture(autouse=True)
def unasked() -> Iterator[None]:
    readable.readable_formats.cache_clear()
    yield
    readable.readable_formats.cache_clear()


@pytest.fixture
def png_fails(monkeypatch: pytest.MonkeyPatch) -> Format:
    """PNG is listed as readable but cannot be decoded, as HEIC is where libheif lacks its codec plugin."""
    broken = replace(PNG, sample=GIF.sample)
    monkeypatch.setattr(readable, "FORMATS", tuple(broken if each is PNG else each for each in FORMATS))
    return broken


def test_what_every_imagemagick_reads_is_readable() -> None:
    assert {"jpeg", "png", "gif", "webp"} <= {each.name for each in readable.readable_formats()}


def test_nothing_is_readable_that_imagemagick_does_not_list() -> None:
    listed = {name.lower() for name in formats()}

    assert {each.name for each in readable.readable_formats()} <= listed


def test_a_decoder_that_fails_although_it_is_listed_makes_its_format_unreadable(png_fails: Format) -> None:
    assert png_fails not in readable.readable_formats()
    assert GIF in readable.readable_formats()


def test_a_format_that_cannot_be_tried_for_lack_of_room_is_not_called_unreadable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: Any) -> None:
        raise ModuleError("unable to load module `heic.so: failed to map segment from shared object'")

    monkeypatch.setattr(MagickImage, "read", fail)

    with pytest.raises(MachineFault, match="failed to map segment"):
        readable.readable_formats()


@pytest.mark.usefixtures("png_fails")
def test_no_decoder_without_a_reason_is_a_lack_of_open_files_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readable, "has_files", lambda: False)

    with pytest.raises(MachineFault, match="PNG"):
        readable.readable_formats()


def test_it_is_tried_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    first = readable.readable_formats()
    monkeypatch.setattr(readable, "FORMATS", ())

    assert readable.readable_formats() is first
