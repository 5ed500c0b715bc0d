"""The test files, generated once and kept in a folder outside the repository."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.conversion.graphics import animation, screenshot, transparent_graphic
from benchmarks.conversion.photographs import Scene

EDITION = 2
"""Increase it when a generated file changes, so that old files in the folder are not used."""
FOLDER = Path(tempfile.gettempdir()) / f"imagejobs-benchmark-{EDITION}"


@dataclass(frozen=True, slots=True)
class File:
    """A test file. `lands`: whether decoding at a power-of-two scale gives the target exactly; None: no scaling."""

    name: str
    make: Callable[[], bytes]
    suffix: str = "jpg"
    is_photograph: bool = True
    lands: bool | None = None

    def path(self, folder: Path = FOLDER) -> Path:
        """The file's path. The file is generated if it does not exist."""
        path = folder / f"{self.name}.{self.suffix}"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(self.make())
            unfinished.replace(path)
        return path


def _photograph(name: str, width: int, height: int, *, lands: bool | None, orientation: int = 1) -> File:
    scene = Scene(width, height, seed=width)
    return File(f"{name}-{width}x{height}", partial(scene.jpeg, orientation=orientation), lands=lands)


FILES = (
    _photograph("0.3MP", 640, 480, lands=None),
    _photograph("0.3MP", 720, 416, lands=None, orientation=6),
    _photograph("2MP", 1920, 1080, lands=True),
    _photograph("2MP", 2100, 1000, lands=False),
    _photograph("9MP", 3840, 2400, lands=True),
    _photograph("9MP", 3640, 2472, lands=False),
    _photograph("12MP", 4032, 3024, lands=False, orientation=6),
    _photograph("24MP", 7680, 3200, lands=True),
    _photograph("24MP", 6000, 4000, lands=False),
    _photograph("48MP", 7680, 6240, lands=True),
    _photograph("48MP", 8064, 6048, lands=False),
    File("screenshot", screenshot, "png", is_photograph=False),
    File("transparent", transparent_graphic, "png", is_photograph=False),
    File("animation", animation, "gif", is_photograph=False),
)
