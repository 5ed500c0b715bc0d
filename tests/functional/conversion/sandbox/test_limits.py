"""Limits on memory, disk and processor time: a conversion beyond a limit fails; its child continues or is replaced."""

import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.pool import Converter
from measures.decoded_pictures import encode
from worlds.conversion_children import cpu_seconds, folder_of

ROWS_PER_STRIP = 278
TIGHT = Limits(seconds=20, memory_bytes=220_000_000, file_bytes=2_000_000)
PROCESSOR_TIME = """
from imagejobs.conversion.sandbox.confinement import allow_cpu_seconds
import time
while time.process_time() < 1: pass
allow_cpu_seconds(0)
print(time.process_time(), flush=True)
while True: pass
"""


def test_a_file_that_needs_more_memory_fails_for_good(small: bytes) -> None:
    with Converter(TIGHT) as converter:
        with pytest.raises(ConversionError) as caught:
            converter.convert(bytes(215_000_000), Options())

        assert (caught.value.code, caught.value.retryable) == ("conversion_memory", False)
        assert "220 MB" in str(caught.value)
        assert converter.convert(small, Options()).data


def test_a_scan_that_fits_into_a_new_child_is_converted_whatever_a_child_did_before() -> None:
    """A TIFF in one strip, as scanners write it: ImageMagick 6 needs 16 bytes for each of its pixels."""
    rows, columns = np.arange(3122, dtype=np.uint16)[:, None], np.arange(7795, dtype=np.uint16)
    scan = encode((rows + columns) // 64 % 2 == 0, "TIFF", compression="tiff_lzw", tiffinfo={ROWS_PER_STRIP: len(rows)})
    with Converter() as converter:
        for _ in range(3):
            assert converter.convert(scan, Options()).receipt["source"]["width"] == 7795


def test_a_large_drawing_for_which_only_lossy_has_the_memory_is_lossy() -> None:
    squares = np.random.default_rng(3).integers(0, 255, (240, 240, 3), np.uint8).repeat(16, axis=0).repeat(16, axis=1)
    with Converter() as converter:
        receipt = converter.convert(encode(squares, "PNG", compress_level=1), Options(max_side=3840)).receipt

    assert (receipt["encoding"], receipt["output"]["width"]) == ("lossy", 3840)
    assert "not enough memory to try: lossless, nearLossless" in receipt["reason"]


def test_pixels_beyond_memory_and_disk_fail_and_leave_no_file(small: bytes) -> None:
    picture = encode(np.zeros((5000, 5000), np.uint8), "PNG")
    with Converter(TIGHT) as converter:
        assert converter.convert(small, Options()).data
        for _ in range(2):
            with pytest.raises(ConversionError) as caught:
                converter.convert(picture, Options())
            assert caught.value.code == "conversion_memory", "the picture must not be reported as damaged"

        (pid,) = converter.pids
        assert list(folder_of(pid).iterdir()) == []
        assert converter.convert(small, Options()).data


def test_the_kernel_knows_the_limits(small: bytes) -> None:
    with Converter(Limits(seconds=7, memory_bytes=500_000_000, file_bytes=3_000_000)) as converter:
        converter.convert(small, Options())
        child = psutil.Process(converter.pids[0])

        assert child.rlimit(psutil.RLIMIT_AS) == (500_000_000, 500_000_000)
        assert child.rlimit(psutil.RLIMIT_FSIZE) == (3_000_000, 3_000_000)
        assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        assert child.rlimit(psutil.RLIMIT_NOFILE) == (64, 64)
        assert 8 <= child.rlimit(psutil.RLIMIT_CPU)[0] <= 12


@pytest.mark.parametrize("pixels", [52_000_000, 200_000_000])
def test_the_pixels_that_are_allowed_may_be_put_on_disk(pixels: int, small: bytes) -> None:
    with Converter() as converter:
        converter.convert(small, Options(max_pixels=pixels))
        allowed, _ = psutil.Process(converter.pids[0]).rlimit(psutil.RLIMIT_FSIZE)

    assert allowed == pixels * 20


def test_processor_time_counts_from_the_job_on_and_ends_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", PROCESSOR_TIME], capture_output=True, timeout=60, check=False)

    assert 1 <= float(ended.stdout) < 2, "the process must live when its allowance begins"
    assert ended.returncode == -signal.SIGXCPU


def test_every_job_has_its_time_anew(small: bytes, slow: bytes) -> None:
    with Converter() as converter:
        converter.convert(small, Options())
        (pid,) = converter.pids
        before, limit = cpu_seconds(pid), processor_limit(pid)
        while cpu_seconds(pid) < before + 1:
            converter.convert(slow, Options(max_side=256))
        converter.convert(small, Options())

        assert limit < processor_limit(pid) <= limit + cpu_seconds(pid) - before + 1


def processor_limit(pid: int) -> int:
    return int(psutil.Process(pid).rlimit(psutil.RLIMIT_CPU)[0])
