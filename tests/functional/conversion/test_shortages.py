"""A child without enough disk, memory or open files: the error never blames the picture, and is always retryable."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import psutil
import pytest
from imagejobs.conversion.errors import ConversionError, MachineFault
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.folders import Folder
from imagejobs.conversion.sandbox.pool import Converter
from PIL import Image
from wand.version import MAGICK_VERSION_NUMBER
from worlds.conversion_children import folder_of

pillow_heif.register_heif_opener()

SIDE = 2400
"""Width and height of the pictures: their 46 MB of pixels do not fit into a child's LEFT_BYTES, so they go to disk."""
OPTIONS = Options(max_side=SIDE)
LEFT_BYTES = 30_000_000
LOADED_BYTES = 100_000_000 if MAGICK_VERSION_NUMBER < 0x700 else 53_000_000
"""Enough memory for Python and ImageMagick 6.9 or 7.1, but not for the decoders of HEIC and AVIF."""
UNDER_ULIMIT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (160_000_000, 160_000_000))
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.options import Options
try:
    with Converter() as converter:
        converter.convert(open(sys.argv[1], "rb").read(), Options(max_side=64))
except ConversionError as error:
    print(type(error).__name__, error.code, error)
"""
ANIMATED = "WEBP of several frames"
KINDS = [*(each.name.upper() for each in readable_formats()), ANIMATED]
WRITER = {"HEIC": "HEIF", ANIMATED: "WEBP"}
WRITTEN: dict[str, dict[str, Any]] = {
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "AVIF": {"speed": 10},
    "HEIC": {"enc_params": {"preset": "ultrafast"}},
    "WEBP": {"method": 0},
}


def picture_of(kind: str) -> bytes:
    """A large picture of this kind, one of KINDS."""
    row = np.arange(SIDE, dtype=np.uint16)
    pixels = ((row[:, None] + row[None, :]) // 16 % 256).astype(np.uint8)
    image = Image.fromarray(np.dstack([pixels, pixels.T, 255 - pixels]))
    more: dict[str, Any] = (
        {"save_all": True, "append_images": [image.rotate(90)], "method": 0} if kind == ANIMATED else {}
    )
    buffer = io.BytesIO()
    image.save(buffer, WRITER.get(kind, kind), **WRITTEN.get(kind, {}), **more)
    return buffer.getvalue()


@pytest.fixture(scope="module", params=KINDS)
def picture(request: pytest.FixtureRequest) -> bytes:
    return picture_of(request.param)


@pytest.fixture(scope="module")
def png() -> bytes:
    return picture_of("PNG")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder in which children create their working folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def converter(scratch: Path) -> Iterator[Converter]:  # noqa: ARG001 - it is there before the child
    with Converter(Limits(seconds=30)) as running:
        running.abilities()
        yield running


def child_of(converter: Converter) -> psutil.Process:
    """The converter's only child."""
    (pid,) = converter.pids
    return psutil.Process(pid)


def limit_memory(child: psutil.Process) -> None:
    """Leave the child LEFT_BYTES of memory, so that its pixels go to disk."""
    child.rlimit(psutil.RLIMIT_AS, (child.memory_info().vms + LEFT_BYTES,) * 2)


def assert_machines_fault(converter: Converter, source: bytes) -> None:
    with pytest.raises(MachineFault) as caught:
        converter.convert(source, OPTIONS)
    assert (caught.value.code, caught.value.retryable) == ("conversion_memory", True)


def test_a_disk_that_takes_no_more_of_the_pixels(converter: Converter, picture: bytes) -> None:
    """A limit on the size of files has the same effect as a full disk, and needs no privileges."""
    child = child_of(converter)
    limit_memory(child)
    child.rlimit(psutil.RLIMIT_FSIZE, (100_000, 100_000))

    assert_machines_fault(converter, picture)


def test_a_folder_that_is_removed_under_a_conversion(
    converter: Converter, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = child_of(converter)
    limit_memory(child)
    shutil.rmtree(folder_of(child.pid))
    monkeypatch.setattr(Folder, "is_there", True)  # as if the folder disappeared after the job began

    assert_machines_fault(converter, picture)


def test_open_files_that_are_too_few(converter: Converter, small: bytes, picture: bytes) -> None:
    converter.convert(small, Options())  # loads the libraries that are loaded late
    child = child_of(converter)
    limit_memory(child)
    child.rlimit(psutil.RLIMIT_NOFILE, (child.num_fds(),) * 2)

    assert_machines_fault(converter, picture)


def test_a_folder_that_was_removed_under_a_waiting_child_is_made_again(
    converter: Converter, small: bytes, scratch: Path
) -> None:
    before = child_of(converter)
    shutil.rmtree(folder_of(before.pid))

    assert converter.convert(small, Options()).data
    assert child_of(converter) != before
    assert list(scratch.iterdir()) == [folder_of(child_of(converter).pid)]


def test_a_folder_of_temporary_files_that_is_gone_and_comes_back(
    converter: Converter, small: bytes, scratch: Path
) -> None:
    shutil.rmtree(scratch)
    with pytest.raises(MachineFault, match=str(scratch)):
        converter.convert(small, Options())
    scratch.mkdir()

    assert converter.convert(small, Options()).data


@pytest.mark.parametrize("limited", [psutil.RLIMIT_FSIZE, psutil.RLIMIT_NOFILE])
def test_a_damaged_file_is_damaged_also_where_there_is_no_room(
    converter: Converter, limited: int, small: bytes, png: bytes
) -> None:
    converter.convert(small, Options())
    child = child_of(converter)
    child.rlimit(limited, (child.num_fds(),) * 2)
    damaged = bytearray(png)
    damaged[len(png) // 2] ^= 0xFF
    with pytest.raises(ConversionError) as caught:
        converter.convert(bytes(damaged), OPTIONS)

    assert (caught.value.code, caught.value.retryable) == ("corrupt", False)


def test_a_machine_that_allows_less_memory_than_a_conversion_may_take(tmp_path: Path) -> None:
    """The limit is the machine's, as with `ulimit -v`, not the converter's own."""
    source = tmp_path / "large.webp"
    Image.new("RGB", (5000, 5000)).save(source, method=0)
    command = [sys.executable, "-c", UNDER_ULIMIT, str(source)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert ended.stdout.startswith("MachineFault conversion_memory")
    assert "the 160 MB of memory that this machine allows" in ended.stdout


def test_a_child_that_has_not_the_memory_to_try_its_decoders_calls_no_format_unsupported() -> None:
    with Converter(Limits(memory_bytes=LOADED_BYTES)) as converter, pytest.raises(MachineFault) as caught:
        converter.abilities()

    assert caught.value.code == "conversion_memory"


def test_a_library_that_does_not_fit_into_memory_is_not_called_missing() -> None:
    with Converter(Limits(memory_bytes=30_000_000)) as converter, pytest.raises(MachineFault) as caught:
        converter.abilities()

    assert caught.value.code == "conversion_memory"
    assert "not enough memory to load" in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")
@pytest.mark.parametrize("megabytes", [1, 30])
def test_a_disk_that_is_really_full(megabytes: int, png: bytes, scratch: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(scratch)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this container may not mount a file system")
    try:
        with Converter(Limits(seconds=30)) as converter:
            converter.abilities()
            limit_memory(child_of(converter))
            assert_machines_fault(converter, png)
    finally:
        subprocess.run(["umount", "-l", str(scratch)], check=True)  # noqa: S607 - where a system has it
