"""From bytes to frames: each the full canvas, as a viewer shows it."""

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats import GIF, WEBP
from imagejobs.conversion.magick import MagickImage
from imagejobs.conversion.probe import Probe
from imagejobs.conversion.webp_animation import WebPFrame, find_profile, split_animation


def decode(source: bytes, probe: Probe, target: tuple[int, int]) -> list[MagickImage]:
    """The frames of a file that was probed, not yet upright. The caller closes them.

    A decoder that can scales down while decoding, to no less than `target` (width and height, not yet upright).
    Raises Wand's exceptions, and ConversionError `corrupt` if the picture is not what the structure says.
    """
    if probe.format is GIF:
        return _decode_gif(source, probe)
    if probe.format is WEBP and probe.frames > 1:
        return _decode_webp_animation(source, probe)
    return [_decode_still(source, probe, target)]


def _decode_still(source: bytes, probe: Probe, target: tuple[int, int]) -> MagickImage:
    image = MagickImage()
    if probe.format.size_hint:
        image.options[probe.format.size_hint] = f"{target[0]}x{target[1]}"
    _read(image, source, probe.format.name)
    return image


def _decode_gif(source: bytes, probe: Probe) -> list[MagickImage]:
    with MagickImage() as sequence:
        _read(sequence, source, GIF.name)
        sequence.coalesce()
        if sequence.iterator_length() != probe.frames:
            raise corrupt(f"The GIF has {probe.frames} frames, of which {sequence.iterator_length()} can be decoded")
        return [_take(sequence, index) for index in range(probe.frames)]


def _take(sequence: MagickImage, index: int) -> MagickImage:
    sequence.iterator_set(index)
    with sequence.image_get() as frame:
        return MagickImage(image=frame)


def _decode_webp_animation(source: bytes, probe: Probe) -> list[MagickImage]:
    profile = find_profile(source)
    frames: list[MagickImage] = []
    with MagickImage(width=probe.width, height=probe.height, background="transparent") as canvas:
        for part in split_animation(source):
            _draw(canvas, part)
            frames.append(canvas.clone())
            if profile:
                frames[-1].profiles["icc"] = profile
            if part.dispose:
                _clear(canvas, part)
    return frames


def _draw(canvas: MagickImage, part: WebPFrame) -> None:
    with MagickImage() as frame:
        _read(frame, part.still, WEBP.name)
        frame.alpha_channel = "set"
        canvas.composite(frame, part.x, part.y, operator="over" if part.blend else "copy")


def _clear(canvas: MagickImage, part: WebPFrame) -> None:
    with MagickImage(width=part.width, height=part.height, background="transparent") as nothing:
        canvas.composite(nothing, part.x, part.y, operator="copy")


def _read(image: MagickImage, data: bytes, decoder: str) -> None:
    """Decode with this decoder and no other; errors that came with a picture count too, since it is not whole."""
    image.read(blob=data, format=decoder)
    image.raise_decoding_exception()
    if not image.width or not image.height:
        raise corrupt(f"The file holds no picture that ImageMagick's decoder {decoder} can read")
