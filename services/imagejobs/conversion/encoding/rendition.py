"""A picture in one size: its frames are encoded and assembled into a WebP."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Self

from imagejobs.conversion.encoding.changes import changed, cut, whole
from imagejobs.conversion.encoding.effort import Effort
from imagejobs.conversion.encoding.encode import Tried, encode, encode_as
from imagejobs.conversion.encoding.frame_choice import FrameChoice
from imagejobs.conversion.encoding.trial import Encoding, Trial
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.webp.animation import assemble_animation
from imagejobs.conversion.formats.webp.container import with_exif
from imagejobs.conversion.magick.image import MagickImage


@dataclass(frozen=True, slots=True)
class Rendition:
    """A WebP, its size in pixels, and how it was encoded. The first of `tried` is the chosen one, unless that is MIXED.

    `lacked_memory` are the encodings that at least one frame lacked the memory for. `is_sampled` is true if an encoding
    was tried for some of the frames only. `least_bytes` is set if a still has more bytes than allowed even at the
    lowest quality: it is the size in bytes at that quality, or an estimate of it.
    """

    width: int
    height: int
    encoding: Encoding
    quality: int
    data: bytes
    tried: tuple[Trial, ...]
    lacked_memory: tuple[Encoding, ...] = ()
    is_sampled: bool = False
    least_bytes: int | None = None


class RenditionEncoder:
    """Encodes frames one by one: of each frame the part that differs from the previous frame.

    It keeps a copy of the last frame, and the encoded parts.
    """

    def __init__(self, effort: Effort, loop_count: int) -> None:
        self._effort = effort
        self._loop_count = loop_count
        self._before: MagickImage | None = None
        self._parts: list[AnimationFrame] = []
        self._tried: list[Tried] = []
        self._choice = FrameChoice()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the frame that is kept to compare the next one with."""
        if self._before is not None:
            self._before.close()

    def add(self, frame: MagickImage, duration_ms: int) -> None:
        """Encode the next frame. All have the same size. A frame equal to the last one only extends its duration."""
        box = whole(frame) if self._before is None else changed(self._before, frame)
        if box is None:
            last = self._parts[-1]
            self._parts[-1] = replace(last, duration_ms=last.duration_ms + duration_ms)
            return
        with cut(frame, box) as part:
            tried = self._encode(part)
            width, height = part.size
            self._parts.append(AnimationFrame(box.left, box.top, width, height, duration_ms, tried.encoded[0].data))
        self._tried.append(tried)
        self._keep(frame)

    def finish(self, exif: bytes) -> Rendition:
        """Assemble the frames, with this EXIF unless it is empty. If all frames are equal, the result is a still."""
        winners = [tried.encoded[0] for tried in self._tried]
        encodings = {winner.encoding for winner in winners}
        width, height = self._parts[0].width, self._parts[0].height
        data, trials = self._assemble(width, height), self._trials()
        return Rendition(
            width,
            height,
            encoding=winners[0].encoding if len(encodings) == 1 else Encoding.MIXED,
            quality=min(winner.quality for winner in winners),
            data=with_exif(data, exif, (width, height)) if exif else data,
            tried=trials,
            lacked_memory=tuple(dict.fromkeys(each for tried in self._tried for each in tried.lacked_memory)),
            is_sampled={each.encoding for each in trials} != self._seen,
            least_bytes=self._tried[0].least_bytes,
        )

    @property
    def _seen(self) -> set[Encoding]:
        """The encodings that were tried for at least one frame."""
        return {each.encoding for tried in self._tried for each in tried.encoded}

    def _encode(self, part: MagickImage) -> Tried:
        width, height = part.size
        again = encode_as(part, self._effort, self._choice.ways) if self._choice.ways else None
        if again and self._choice.accepts(len(again.encoded[0].data), width * height):
            return again
        tried = encode(part, self._effort)
        self._choice.learn({each.encoding: len(each.data) for each in tried.encoded}, width * height)
        return tried

    def _keep(self, frame: MagickImage) -> None:
        self.close()
        self._before = frame.clone()

    def _assemble(self, width: int, height: int) -> bytes:
        if len(self._parts) == 1:
            return self._parts[0].still
        return assemble_animation(width, height, self._parts, self._loop_count)

    def _trials(self) -> tuple[Trial, ...]:
        """The encodings that were tried for every frame, the smallest first; a still's in the order of Tried."""
        sums: dict[tuple[Encoding, int], list[int]] = defaultdict(list)
        for each in (encoded for tried in self._tried for encoded in tried.encoded):
            sums[each.encoding, each.quality].append(len(each.data))
        whole_trials = (Trial(*key, sum(sizes)) for key, sizes in sums.items() if len(sizes) == len(self._tried))
        if len(self._tried) == 1:
            return tuple(whole_trials)
        return tuple(sorted(whole_trials, key=lambda trial: trial.bytes))
