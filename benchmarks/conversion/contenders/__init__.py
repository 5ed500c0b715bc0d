"""The contenders. Each module has a function `contender()`, which raises Missing if this machine lacks a dependency.

All of them fit into MAX_SIDE, apply the orientation, strip the metadata, and write WebP with QUALITY and METHOD.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MAX_SIDE = 1920
QUALITY = 80
METHOD = 4
SHARP_PROGRAM = Path(__file__).with_name("sharp_child.cjs")


class Missing(Exception):
    """A dependency that is not installed. The message says how to install it."""


class Contender(Protocol):
    """A program or library that converts an image to WebP."""

    def prepare(self, source: bytes) -> None:
        """Work before each conversion that is not measured."""

    def convert(self, source: bytes) -> bytes:
        """The conversion that is measured."""


class Prepared:
    """Base class of the contenders that need no preparation."""

    def prepare(self, source: bytes) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender's name in the tables, its description, and its module here; None means the Node program."""

    name: str
    title: str
    module: str | None


ENGINE, CHILD, WAND, PILLOW, VIPS, SHARP, FLOOR = "engine", "child", "wand", "pillow", "pyvips", "sharp", "floor"
CONTENDERS = (
    Entry(ENGINE, "this engine, in the benchmark's process", "engine"),
    Entry(CHILD, "this engine in its warm child, including the transfer of the bytes", "engine_child"),
    Entry(WAND, "Wand: read, auto_orient, Lanczos, strip", "plain_wand"),
    Entry(PILLOW, "Pillow: thumbnail() with Lanczos and the draft() that it calls, exif_transpose()", "pillow"),
    Entry(VIPS, "pyvips: thumbnail_buffer, webpsave_buffer", "vips"),
    Entry(SHARP, "sharp: rotate, resize, webp", None),
    Entry(
        FLOOR, "codecs only: libjpeg-turbo decodes at the smallest sufficient n/8, libwebp encodes the target", "codecs"
    ),
)
