"""Splits animated PNG files into frames (W3C PNG, third edition, 11.3.6)."""

from collections.abc import Iterator

from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.png.animation_chunks import BACKGROUND, OVER, PREVIOUS, PngAnimation, PngFrame
from imagejobs.conversion.formats.png.chunks import HEADER, chunk, chunks, png

_OF_EVERY_FRAME = frozenset({b"PLTE", b"tRNS", b"sBIT", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"mDCV", b"cLLI"})
"""The chunks before the picture that define the meaning of its samples: every frame gets a copy."""


def split_png(data: bytes) -> Iterator[AnimationFrame]:
    """The frames of an animated PNG that `probe` accepted."""
    parts = list(chunks(data))
    width, height, *kind_of_samples = HEADER.unpack(parts[0].data)
    animation, shared, is_before_picture = PngAnimation(width, height), list[memoryview](), True
    for part in parts:
        animation.add(part.kind, part.data)
        is_before_picture &= part.kind != b"IDAT"
        if is_before_picture and part.kind in _OF_EVERY_FRAME:
            shared.append(part.whole)
    for frame, duration_ms in zip(animation.frames, animation.durations_ms, strict=True):
        header = HEADER.pack(frame.width, frame.height, *kind_of_samples)
        still = png(chunk(b"IHDR", header), *shared, chunk(b"IDAT", b"".join(frame.data)))
        yield _canvas_part(frame, still, duration_ms)


def _canvas_part(frame: PngFrame, still: bytes, duration_ms: int) -> AnimationFrame:
    return AnimationFrame(
        frame.x,
        frame.y,
        frame.width,
        frame.height,
        duration_ms,
        still,
        blend=frame.blend == OVER,
        dispose=frame.disposal == BACKGROUND,
        restore=frame.disposal == PREVIOUS,
    )
