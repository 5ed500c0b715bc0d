"""Playing an animation: its frames, drawn one after the other on a canvas."""

from collections.abc import Iterable, Iterator

from imagejobs.conversion.decoding.picture import decode_picture
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.magick.image import MagickImage


def play(frames: Iterable[AnimationFrame], probe: Probe) -> Iterator[MagickImage]:
    """The canvas after each frame was drawn. Raises ConversionError if a frame cannot be decoded."""
    canvas = MagickImage(width=probe.width, height=probe.height, background="transparent")
    try:
        for frame in frames:
            before = canvas.clone() if frame.restore else None
            _draw(canvas, frame, probe.format)
            yield canvas.clone()
            if before is not None:
                canvas.close()
                canvas = before
            elif frame.dispose:
                _clear(canvas, frame)
    finally:
        canvas.close()


def _draw(canvas: MagickImage, frame: AnimationFrame, image_format: Format) -> None:
    with decode_picture(frame.still, image_format, (frame.width, frame.height)) as picture:
        if profile := frame.profile or picture.profiles["icc"]:
            canvas.profiles["icc"] = profile
        picture.alpha_channel = "set"
        canvas.composite(picture, frame.x, frame.y, operator="over" if frame.blend else "copy")


def _clear(canvas: MagickImage, frame: AnimationFrame) -> None:
    with MagickImage(width=frame.width, height=frame.height, background="transparent") as nothing:
        canvas.composite(nothing, frame.x, frame.y, operator="copy")
