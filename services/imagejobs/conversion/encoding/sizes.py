"""One picture in several sizes, largest first: each smaller rendition is scaled from the one before it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from imagejobs.conversion.encoding.effort import Effort
from imagejobs.conversion.encoding.rendition import Rendition, RenditionEncoder
from imagejobs.conversion.encoding.trial import Encoding
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.processing.geometry import Size
from imagejobs.conversion.processing.shrink import shrink


def encode_still(frame: MagickImage, sizes: Sequence[Size], effort: Effort, exif: bytes) -> tuple[Rendition, ...]:
    """Encode a still in every size, and scale `frame` down to the last one.

    The ceiling of `effort` applies to the largest rendition; a quality that it lowers is used for the smaller ones.
    """
    renditions = []
    for size in sizes:
        _scale_to(frame, size)
        with RenditionEncoder(effort.for_size(size), loop_count=1) as encoder:
            encoder.add(frame, 0)
            made = encoder.finish(exif)
        renditions.append(made)
        quality = made.quality if made.encoding is Encoding.LOSSY else effort.quality
        effort = replace(effort, quality=quality, ceiling=None)
    return tuple(renditions)


class AnimationEncoder:
    """Encodes an animation in every size at once, so that each frame is decoded once and can then be closed."""

    def __init__(self, sizes: Sequence[Size], effort: Effort, loop_count: int) -> None:
        self._encoders = {size: RenditionEncoder(effort.for_size(size), loop_count) for size in sizes}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for encoder in self._encoders.values():
            encoder.close()

    def add(self, frame: MagickImage, duration_ms: int) -> None:
        """Encode the next frame in every size, and scale `frame` down to the last one."""
        for size, encoder in self._encoders.items():
            _scale_to(frame, size)
            encoder.add(frame, duration_ms)

    def finish(self, exif: bytes) -> tuple[Rendition, ...]:
        """Assemble the frames into a rendition for each size. `exif` is the EXIF block, empty for none."""
        return tuple(encoder.finish(exif) for encoder in self._encoders.values())


def _scale_to(frame: MagickImage, size: Size) -> None:
    if frame.size != size and max(frame.size) > max(size):
        shrink(frame, size)
