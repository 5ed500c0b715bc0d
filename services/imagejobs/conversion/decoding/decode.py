"""From bytes to frames: each the full canvas, as a viewer shows it, one at a time."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from imagejobs.conversion.decoding.complete_heif import complete_heif
from imagejobs.conversion.decoding.complete_png import complete_png
from imagejobs.conversion.decoding.heif_alpha import add_alpha
from imagejobs.conversion.decoding.readable_tiff import readable_tiff
from imagejobs.conversion.errors import ConversionError, corrupt
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.gif.animation import split_gif
from imagejobs.conversion.formats.heif.layers import split_layers
from imagejobs.conversion.formats.heif.profile import without_profile
from imagejobs.conversion.formats.jpeg.completion import complete_jpeg
from imagejobs.conversion.formats.jpeg.scale import size_hint
from imagejobs.conversion.formats.png.animation import split_png
from imagejobs.conversion.formats.png.standard_form import standard_form
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.formats.registry import AVIF, GIF, HEIC, JPEG, PNG, TIFF, WEBP, Format
from imagejobs.conversion.formats.tiff.byte_pictures import BytePicture
from imagejobs.conversion.formats.webp.animation import split_animation
from imagejobs.conversion.formats.webp.container import find_chunk
from imagejobs.conversion.magick.errors import reading_errors
from imagejobs.conversion.magick.image import GIVES_YCBCR, MagickImage


def decode(source: bytes, probe: Probe, target: tuple[int, int]) -> Iterator[MagickImage]:
    """The frames of a file that was probed, not yet upright. The caller closes each before it asks for the next.

    A decoder that can scales down while decoding, to no less than `target` (width and height, not yet upright).
    Raises ConversionError if the picture is not what the structure says, or cannot be decoded.
    """
    if probe.format is GIF:
        return _play(split_gif(source, probe.durations_ms), probe, {})
    if probe.format is PNG and probe.durations_ms:  # of one frame, too: it need not be the still
        return _play(split_png(source, probe.durations_ms), probe, {})
    if probe.format is WEBP and probe.durations_ms:  # of one frame, too: a damaged one is a blank canvas to ImageMagick
        profile = find_chunk(source, b"ICCP")
        return _play(split_animation(source), probe, {"icc": profile} if profile else {})
    return iter([_decode_still(source, probe, target)])


def _decode_still(source: bytes, probe: Probe, target: tuple[int, int]) -> MagickImage:
    hint = size_hint((probe.width, probe.height), target) if probe.format is JPEG else None
    if probe.format is JPEG:
        source = complete_jpeg(source)
    elif probe.format is TIFF:
        source = readable_tiff(source, lambda picture: _read_bytes(picture, probe))
    size = (probe.width, probe.height)
    if probe.format in {HEIC, AVIF}:
        return _decode_heif(source, probe, size)
    image = _read(source, probe.format, size, {"jpeg:size": hint} if hint else {})
    if not hint and image.size != size:
        image.close()
        raise _other_size(probe.format)
    if probe.is_opaque:
        image.alpha_channel = "off"
    return image


def _decode_heif(source: bytes, probe: Probe, size: tuple[int, int]) -> MagickImage:
    def read(data: bytes, expected: tuple[int, int]) -> MagickImage:
        image = _read(data, probe.format, expected, {}, probe.most_decoder_bytes)
        if image.size != expected:
            image.close()
            raise _other_size(probe.format)
        return image

    colour, alpha = split_layers(source)
    with ExitStack() as on_error:
        image = read(without_profile(colour) if GIVES_YCBCR else colour, size)
        on_error.callback(image.close)
        if alpha:
            with reading_errors(probe.format.title, size[0] * size[1], probe.most_decoder_bytes):
                add_alpha(image, alpha, read)
        complete_heif(image, source)
        on_error.pop_all()
    return image


def _other_size(image_format: Format) -> ConversionError:
    return corrupt(f"The {image_format.title} has another size than it announces")


def _read_bytes(picture: BytePicture, probe: Probe) -> bytes:
    """The samples of a picture of bytes, row by row."""
    size = (picture.width, picture.height)
    with _read(picture.data, probe.format, size, {}) as image:
        if image.size != size:
            raise corrupt("The TIFF has strips or tiles of another size than it announces")
        return bytes(image.export_bytes(picture.channels))


def _play(parts: Iterable[AnimationFrame], probe: Probe, profiles: Mapping[str, bytes]) -> Iterator[MagickImage]:
    """The canvas after each frame was drawn. A profile stands once in the file and holds for every frame."""
    canvas = MagickImage(width=probe.width, height=probe.height, background="transparent")
    try:
        for part in parts:
            before = canvas.clone() if part.restore else None
            _draw(canvas, part, probe.format)
            shown = canvas.clone()
            shown.profiles.update(profiles)
            yield shown
            if before is not None:
                canvas.close()
                canvas = before
            elif part.dispose:
                _clear(canvas, part)
    finally:
        canvas.close()


def _draw(canvas: MagickImage, part: AnimationFrame, image_format: Format) -> None:
    with _read(part.still, image_format, (part.width, part.height), {}) as frame:
        if profile := frame.profiles["icc"]:
            canvas.profiles["icc"] = profile
        frame.alpha_channel = "set"
        canvas.composite(frame, part.x, part.y, operator="over" if part.blend else "copy")


def _clear(canvas: MagickImage, part: AnimationFrame) -> None:
    with MagickImage(width=part.width, height=part.height, background="transparent") as nothing:
        canvas.composite(nothing, part.x, part.y, operator="copy")


def _read(
    data: bytes, image_format: Format, size: tuple[int, int], options: Mapping[str, str], codec_bytes: int = 0
) -> MagickImage:
    """Decode with this decoder and no other; errors that came with a picture count too, since it is not whole."""
    image = MagickImage()
    pixels = size[0] * size[1]
    with ExitStack() as on_error, reading_errors(image_format.title, pixels, codec_bytes):
        on_error.callback(image.close)
        image.options.update(options)
        image.read(blob=standard_form(data) if image_format is PNG else data, format=image_format.decoder)
        image.raise_decoding_exception()
        if not image.width or not image.height:
            raise corrupt(f"The file holds no picture that ImageMagick's decoder {image_format.decoder} can read")
        if image_format is PNG:
            complete_png(image, data)
        on_error.pop_all()
    return image
