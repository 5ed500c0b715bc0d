"""Who competes. Each module has a function `contender()`, which raises Missing if this machine lacks something.

All of them fit into MAX_SIDE, apply the orientation, strip the metadata and write WebP at QUALITY and METHOD.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MAX_SIDE = 1920
QUALITY = 80
METHOD = 4
SHARP_PROGRAM = Path(__file__).with_name("sharp_child.cjs")


class Missing(Exception):
    """What is not installed, and how to get it."""


class Contender(Protocol):
    """One way from bytes to WebP."""

    def prepare(self, source: bytes) -> None:
        """Do what does not count, once before each conversion."""

    def convert(self, source: bytes) -> bytes:
        """Do what is measured."""


class Prepared:
    """The part of a contender that has nothing to prepare."""

    def prepare(self, source: bytes) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender's name in the tables, what it is, and its module here; without one it is the Node program."""

    name: str
    title: str
    module: str | None


ENGINE, CHILD, WAND, PILLOW, VIPS, SHARP, FLOOR = "engine", "child", "wand", "pillow", "pyvips", "sharp", "floor"
CONTENDERS = (
    Entry(ENGINE, "this engine, in the process", "engine"),
    Entry(CHILD, "this engine in its warm child, with hand-over of the bytes", "engine_child"),
    Entry(WAND, "Wand: read, auto_orient, Lanczos, strip", "plain_wand"),
    Entry(PILLOW, "Pillow: thumbnail() with Lanczos and the draft() that it asks for, exif_transpose()", "pillow"),
    Entry(VIPS, "pyvips: thumbnail_buffer, webpsave_buffer", "vips"),
    Entry(SHARP, "sharp: rotate, resize, webp", None),
    Entry(FLOOR, "only the codecs: libjpeg-turbo to the smallest n/8 that is enough, libwebp of the target", "codecs"),
)
