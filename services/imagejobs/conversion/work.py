"""One file on its way through the pipeline, and the steps that decide how it is encoded and encode it."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Self

from imagejobs.conversion.encoding import sizes
from imagejobs.conversion.encoding.effort import Effort
from imagejobs.conversion.encoding.quality import QualityChoice, choose_quality
from imagejobs.conversion.encoding.rendition import Rendition
from imagejobs.conversion.formats.exif import write_credits
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.formats.webp.container import exif_overhead
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.options import Options
from imagejobs.conversion.processing.geometry import Size, fit, upright
from imagejobs.conversion.processing.hdr import HdrMapping
from imagejobs.conversion.processing.placeholder import Placeholder, make_placeholder
from imagejobs.conversion.processing.steps import Preparation

_FLAT_BYTES_PER_PIXEL = 0.1
"""A lossy source with fewer bytes a pixel may be a drawing or a screenshot; photographs have 0.1 to 0.5."""


@dataclass(slots=True, kw_only=True)
class Work(Preparation):
    """The file, the facts that the steps need, and the results of the steps so far.

    `duration_ms` is the duration of the current frame. `held` closes everything that is open when the file is done.
    """

    source: bytes
    found: Probe
    options: Options
    held: ExitStack
    duration_ms: int = 0
    quality: QualityChoice = field(init=False)
    placeholder: Placeholder = field(init=False)
    animation: sizes.AnimationEncoder = field(init=False)
    renditions: tuple[Rendition, ...] = field(init=False)

    @classmethod
    def on(cls, source: bytes, found: Probe, options: Options, held: ExitStack) -> Self:
        """Work on a file that was probed, before its first step."""
        target = fit(found.width, found.height, options.max_side)
        hdr = HdrMapping(found.colour) if found.colour and found.colour.is_hdr else None
        return cls(
            target,
            found.orientation,
            hdr,
            credits=dict(found.credits),
            source=source,
            found=found,
            options=options,
            held=held,
        )

    @property
    def exif(self) -> bytes:
        """The EXIF block of the WebP, which has only the credits; empty if there are none."""
        return write_credits(self.credits) if self.credits else b""

    @property
    def sizes(self) -> list[Size]:
        """The size of each rendition, largest first; sizes that a small source cannot fill are left out."""
        width, height = upright(self.found.width, self.found.height, self.orientation)
        return list(dict.fromkeys(fit(width, height, side) for side in self.options.sides))

    @property
    def effort(self) -> Effort:
        """The encoder's parameters. Lossless coding is tried for lossless sources, and for those that may be flat."""
        may_be_flat = len(self.source) < self.found.pixels * _FLAT_BYTES_PER_PIXEL
        return Effort(
            self.quality.quality,
            self.options.method,
            weigh=self.found.format.try_lossless or may_be_flat,
            thorough=self.found.frames == 1,
            memory_bytes=self.options.max_decoding_bytes,
        )


def find_quality(frame: MagickImage, work: Work) -> None:
    """Decide the quality of lossy coding, for all frames and sizes."""
    work.quality = choose_quality(frame, work.options)


def add_placeholder(frame: MagickImage, work: Work) -> None:
    """Make the placeholder: the ThumbHash and the dominant colour."""
    work.placeholder = make_placeholder(frame)


def encode_still(frame: MagickImage, work: Work) -> None:
    """Encode a still in every size, at a lower quality if it would have more bytes than its source."""
    exif = work.exif
    effort = replace(work.effort, ceiling=len(work.source) - exif_overhead(exif))
    work.renditions = sizes.encode_still(frame, work.sizes, effort, exif)


def start_animation(_frame: MagickImage, work: Work) -> None:
    """Make the encoder of an animation."""
    work.animation = work.held.enter_context(sizes.AnimationEncoder(work.sizes, work.effort, work.found.loop_count))


def encode_frame(frame: MagickImage, work: Work) -> None:
    """Encode, in every size, the part that changed since the previous frame."""
    work.animation.add(frame, work.duration_ms)
