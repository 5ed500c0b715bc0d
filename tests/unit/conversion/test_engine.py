import io
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest
from files import png as png_files
from imagejobs.conversion import pipeline
from imagejobs.conversion.colour.srgb_profile import display_profile, srgb_profile
from imagejobs.conversion.engine import Conversion, convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.registry import JPEG
from imagejobs.conversion.formats.webp.animation import assemble_animation
from imagejobs.conversion.options import Options
from measures.decoded_pictures import frame_count
from PIL import Image, ImageChops, ImageCms, ImageFilter, ImageStat
from wand.version import MAGICK_VERSION_INFO

Save = Callable[..., bytes]
P3 = {"r": (0.51512, 0.24120, -0.00105), "g": (0.29198, 0.69225, 0.04189), "b": (0.15710, 0.06657, 0.78407)}
SMALL = Options(max_side=64)
SAMPLES = Path(__file__).parents[3] / "samples"
GROUNDS = [(0, 0, 0, 255), (255, 255, 255, 255), (0, 255, 0, 255)]


def shown(conversion: Conversion) -> Image.Image:
    image = Image.open(io.BytesIO(conversion.data))
    assert image.format == "WEBP"
    image.load()
    return image


def failure(data: bytes, options: Options = SMALL) -> ConversionError:
    with pytest.raises(ConversionError) as caught:
        convert(data, options)
    return caught.value


def difference(one: Image.Image, other: Image.Image) -> float:
    """The largest mean difference of any RGB channel, in steps of 8 bits."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def show_frame(image: Image.Image, index: int) -> None:
    image.seek(index)
    image.load()


def channel_distance(image: Image.Image) -> int:
    """The largest difference between the channels of a pixel; libwebp's rounding from YUV makes up to 1."""
    red, green, blue = image.convert("RGB").split()
    return max(cast("tuple[int, int]", ImageChops.difference(red, other).getextrema())[1] for other in (green, blue))


def on_ground(image: Image.Image, color: tuple[int, int, int, int]) -> Image.Image:
    ground = Image.new("RGBA", image.size, color)
    ground.alpha_composite(image.convert("RGBA"))
    return ground


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a stored picture is turned upright, by EXIF orientation."""


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_comes_out_upright(orientation: int, image_format: str, photo: Image.Image, save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    conversion = convert(save(photo, image_format, exif=exif), Options(max_side=60))

    upright = photo.transpose(TURNS[orientation]) if orientation > 1 else photo
    expected = upright.resize((60, 40) if orientation < 5 else (40, 60), Image.Resampling.LANCZOS)
    assert difference(shown(conversion), expected) < 4
    assert conversion.receipt.orientation == orientation
    source = conversion.receipt.source
    assert (source.width, source.height) == upright.size
    assert not shown(conversion).getexif()


def test_a_wide_gamut_is_converted_to_srgb(photo: Image.Image, save: Save) -> None:
    profile = display_profile("Display P3", P3)
    vivid = ImageChops.screen(photo, Image.new("RGB", photo.size, (60, 0, 0)))
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    expected = ImageCms.profileToProfile(vivid, source, ImageCms.createProfile("sRGB"))
    assert expected is not None

    conversion = convert(save(vivid, "PNG", icc_profile=profile), Options(quality=99))

    assert difference(shown(conversion), expected) < 1.5
    assert difference(vivid, expected) > 5, "the picture is too pale to prove anything"
    assert conversion.receipt.profile_converted == "Display P3"
    assert "icc_profile" not in shown(conversion).info


def test_srgb_under_a_profile_is_not_converted(photo: Image.Image, save: Save) -> None:
    conversion = convert(save(photo, "JPEG", icc_profile=srgb_profile()), Options())

    assert conversion.receipt.profile_converted is None
    assert "icc_profile" not in shown(conversion).info


@pytest.mark.parametrize("profile", [b"not a profile" * 20, srgb_profile()[:200], display_profile("P3", P3)[:400]])
def test_a_damaged_profile_is_dropped(profile: bytes, photo: Image.Image, save: Save) -> None:
    conversion = convert(save(photo, "JPEG", icc_profile=profile), Options())

    assert difference(shown(conversion), photo) < 6
    assert "icc_profile" not in shown(conversion).info


def test_a_grey_profile_leaves_grey_grey(photo: Image.Image, save: Save) -> None:
    conversion = convert(save(photo.convert("L"), "JPEG", icc_profile=display_profile("P3", P3)), Options())

    assert channel_distance(shown(conversion)) <= 1


def test_a_palette_with_transparency_keeps_it(photo: Image.Image, save: Save) -> None:
    picture = photo.quantize(16)
    expected = Image.open(io.BytesIO(save(picture, "PNG", transparency=3))).convert("RGBA")

    result = shown(convert(save(picture, "PNG", transparency=3), Options())).convert("RGBA")

    assert result.getchannel("A").tobytes() == expected.getchannel("A").tobytes()


@pytest.mark.parametrize("ground", GROUNDS)
def test_soft_edges_have_no_fringes_on_any_ground(ground: tuple[int, int, int, int], save: Save) -> None:
    # Invisible pixels are black, and must not darken the edge when the picture is scaled.
    disc = ImageChops.invert(Image.radial_gradient("L")).point([max(0, v - 80) * 255 // 175 for v in range(256)])
    picture = Image.new("RGBA", disc.size)
    picture.paste((255, 200, 40, 255), mask=disc)
    picture.putalpha(disc)

    result = shown(convert(save(picture, "PNG"), SMALL))

    premultiplied = picture.convert("RGBa").resize((64, 64), Image.Resampling.LANCZOS).convert("RGBA")
    assert difference(on_ground(result, ground), on_ground(premultiplied, ground)) < 2
    # Pillow, ImageMagick 6 and ImageMagick 7 round the alpha of the most transparent pixel differently.
    assert result.getchannel("A").getextrema() == pytest.approx(premultiplied.getchannel("A").getextrema(), abs=1)


@pytest.mark.parametrize("disposal", [1, 2, 3])
def test_an_animated_gif_keeps_frames_delays_and_loops(disposal: int, frames: list[Image.Image], save: Save) -> None:
    durations = [100, 70, 250, 40]
    options = {"save_all": True, "append_images": frames[1:], "duration": durations, "disposal": disposal}
    data = save(frames[0], "GIF", loop=2, **options)

    conversion = convert(data, Options())

    result, source = shown(conversion), Image.open(io.BytesIO(data))
    assert (frame_count(result), result.info["loop"], conversion.receipt.output.frames) == (4, 3, 4)
    for index, duration in enumerate(durations):
        show_frame(result, index)
        show_frame(source, index)
        assert result.info["duration"] == duration
        assert difference(on_ground(result, GROUNDS[2]), on_ground(source, GROUNDS[2])) < 1


def test_an_animation_in_which_nothing_moves_becomes_a_still(frames: list[Image.Image], save: Save) -> None:
    still = AnimationFrame(0, 0, 64, 48, 70, convert(save(frames[0], "PNG"), Options()).data)

    conversion = convert(assemble_animation(64, 48, [still, still], 0), Options())

    assert (conversion.receipt.source.frames, conversion.receipt.output.frames) == (2, 1)
    assert b"ANMF" not in conversion.data


def test_a_wide_gamut_animation_is_converted(photo: Image.Image, save: Save) -> None:
    moved = ImageChops.offset(photo, 9, 0)
    data = save(photo, "WEBP", save_all=True, append_images=[moved], duration=70, icc_profile=display_profile("P3", P3))

    assert convert(data, Options()).receipt.profile_converted == "P3"


def test_an_animation_is_scaled_frame_by_frame(frames: list[Image.Image], save: Save) -> None:
    data = save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=70, disposal=2, loop=0)

    result = shown(convert(data, Options(max_side=32)))

    assert (result.size, frame_count(result)) == ((32, 24), 4)
    for index, frame in enumerate(frames):
        show_frame(result, index)
        scaled = frame.convert("RGBa").resize((32, 24), Image.Resampling.LANCZOS).convert("RGBA")
        assert difference(on_ground(result, GROUNDS[1]), on_ground(scaled, GROUNDS[1])) < 4


@pytest.mark.parametrize("lossless", [True, False])
def test_an_animated_webp_is_shown_as_before(lossless: bool, photo: Image.Image, save: Save) -> None:
    small = photo.resize((64, 48)).convert("RGBA")
    pictures = [ImageChops.offset(small, 5 * index, 0) for index in range(4)]
    for index, picture in enumerate(pictures):
        hole = Image.new("L", picture.size, 255)
        hole.paste(40 * index, (10, 10, 40, 30))
        picture.putalpha(hole)
    options = {"save_all": True, "append_images": pictures[1:], "lossless": lossless, "exact": True}
    data = save(pictures[0], "WEBP", duration=[100, 70, 255, 45], loop=3, **options)

    result, source = shown(convert(data, Options(quality=95))), Image.open(io.BytesIO(data))

    assert (frame_count(result), result.info["loop"]) == (4, 3)
    for index, duration in enumerate([100, 70, 255, 45]):
        show_frame(result, index)
        show_frame(source, index)
        assert result.info["duration"] == duration
        assert difference(on_ground(result, GROUNDS[0]), on_ground(source, GROUNDS[0])) < 4


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (2, 3)])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_extreme_sizes_work(size: tuple[int, int], image_format: str, save: Save) -> None:
    result = shown(convert(save(Image.new("RGB", size, (200, 10, 10)), image_format), SMALL))

    assert result.size == tuple(min(side, 64) for side in size)


@pytest.mark.parametrize("size", [(512, 320), (513, 322), (512, 2048), (2048, 1280)])
def test_a_jpeg_ends_at_its_size_although_it_was_scaled_while_decoding(
    size: tuple[int, int], photo: Image.Image, save: Save
) -> None:
    picture = photo.resize(size)

    result = shown(convert(save(picture, "JPEG", quality=95), Options(max_side=256, quality=95)))

    assert max(result.size) == 256
    assert difference(result, picture.resize(result.size, Image.Resampling.LANCZOS)) < 4


@pytest.mark.parametrize("kind", ["jpeg", "progressive jpeg"])
def test_a_jpeg_that_lacks_data_before_its_end_marker_is_truncated(kind: str, photo: Image.Image, save: Save) -> None:
    noisy = ImageChops.add(photo.resize((480, 320)), Image.effect_noise((480, 320), 60).convert("RGB"))
    data = save(noisy, "JPEG", progressive=kind != "jpeg")

    assert failure(data[: len(data) // 2] + b"\xff\xd9", Options()).code == "truncated"


def test_a_png_that_lacks_rows_is_refused(photo: Image.Image, save: Save) -> None:
    header = save(photo, "PNG")[:33]
    rows = zlib.compress(b"\0" + bytes(120 * 3) * 40)

    # ImageMagick 6 gives no reason; ImageMagick 7 says that data is missing.
    expected = "corrupt" if MAGICK_VERSION_INFO[0] == 6 else "truncated"
    assert failure(header + png_files.chunk(b"IDAT", rows) + png_files.chunk(b"IEND", b"")).code == expected


def test_a_drawing_with_a_jpegs_first_bytes_is_not_drawn() -> None:
    assert failure(b"\xff\xd8\xff\xfe\0\x02<svg xmlns='http://www.w3.org/2000/svg'/>\xff\xd9").code == "corrupt"


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "animated gif", "webp", "animated webp"])
def test_bytes_behind_the_image_are_left_behind(kind: str, samples: dict[str, bytes]) -> None:
    whole = samples[kind]

    options = Options(quality=50)  # low enough not to be lowered further because of the small source

    assert convert(whole + b"SECRET" * 20, options).data == convert(whole, options).data


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (Options(max_bytes=100), "too_large"),
        (Options(max_pixels=120 * 80 - 1), "too_many_pixels"),
        (Options(max_frames=0), "too_many_frames"),
    ],
)
def test_each_limit_has_its_code(options: Options, code: str, samples: dict[str, bytes]) -> None:
    assert failure(samples["jpeg"], options).code == code


@pytest.mark.parametrize("kind", ["jpeg", "png", "animated gif", "animated webp"])
def test_the_same_bytes_give_the_same_bytes(kind: str, samples: dict[str, bytes]) -> None:
    assert convert(samples[kind], SMALL).data == convert(samples[kind], SMALL).data


def test_a_drawing_is_kept_exactly_where_that_is_smaller(save: Save) -> None:
    drawing = Image.new("RGB", (200, 100), (250, 250, 250))
    for step, color in enumerate([(255, 0, 0), (0, 120, 0), (0, 0, 255)]):
        drawing.paste(color, (20 + 60 * step, 30, 50 + 60 * step, 70))

    conversion = convert(save(drawing, "PNG"), Options())

    assert conversion.receipt.lossless
    assert difference(shown(conversion), drawing) == 0


def test_a_photograph_is_lossy_even_as_png(photo: Image.Image, save: Save) -> None:
    noisy = ImageChops.add(photo, Image.effect_noise(photo.size, 40).filter(ImageFilter.SMOOTH).convert("RGB"))

    assert not convert(save(noisy, "PNG"), Options()).receipt.lossless
    assert not convert(save(noisy, "JPEG"), Options()).receipt.lossless


def test_the_receipt_tells_sizes_hashes_and_encoder(samples: dict[str, bytes]) -> None:
    conversion = convert(samples["animated gif"], Options(max_side=32))

    receipt = conversion.receipt
    assert (receipt.source.mimetype, receipt.source.width, receipt.source.frames) == ("image/gif", 64, 4)
    assert (receipt.output.mimetype, receipt.output.width, receipt.output.frames) == ("image/webp", 32, 4)
    assert receipt.output.bytes == len(conversion.data)
    assert receipt.encoder.startswith("ImageMagick ")


def test_threads_do_not_disturb_each_other(samples: dict[str, bytes]) -> None:
    expected = {kind: convert(data, SMALL).data for kind, data in samples.items()}
    work = [kind for _ in range(10) for kind in samples]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda kind: convert(samples[kind], SMALL).data == expected[kind], work))

    assert len(results) == 80
    assert all(results)


@pytest.mark.parametrize(
    ("name", "orientation", "profile", "frames"),
    [
        ("photo-orientation-6.jpg", 6, None, 1),
        ("wide-gamut-p3.jpg", 1, "Display P3", 1),
        ("soft-alpha.png", 1, None, 1),
        ("animation.gif", 1, None, 12),
    ],
)
def test_each_sample_has_its_special_feature(name: str, orientation: int, profile: str | None, frames: int) -> None:
    source = (SAMPLES / name).read_bytes()

    receipt = convert(source, Options(max_side=400)).receipt

    assert (receipt.orientation, receipt.profile_converted, receipt.output.frames) == (orientation, profile, frames)
    assert receipt.output.bytes < receipt.source.bytes


def test_a_format_that_the_library_here_has_no_decoder_for_is_unsupported(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "readable_formats", lambda: (JPEG,))

    error = failure(samples["png"])
    assert (error.code, "no decoder for PNG" in error.message) == ("unsupported_type", True)


def test_renditions_come_from_one_decode_and_small_sources_leave_some_out(samples: dict[str, bytes]) -> None:
    conversion = convert(samples["jpeg"], Options(max_side=100, renditions=(500, 60, 20, 60)))
    small = convert(samples["jpeg"], Options(max_side=4000, renditions=(500, 60)))

    assert [(each.width, each.height) for each in conversion.renditions] == [(100, 67), (60, 40), (20, 13)]
    assert [(each.width, each.height) for each in small.renditions] == [(120, 80), (60, 40)]
    for each in conversion.renditions:
        assert Image.open(io.BytesIO(each.data)).size == (each.width, each.height)


def test_the_animation_has_its_renditions_too(samples: dict[str, bytes]) -> None:
    conversion = convert(samples["animated gif"], Options(renditions=(32,)))

    assert [Image.open(io.BytesIO(each.data)).n_frames for each in conversion.renditions] == [4, 4]  # type: ignore[attr-defined]


def test_the_quality_goes_down_where_the_output_would_be_larger_than_the_source(photo: Image.Image, save: Save) -> None:
    noisy = ImageChops.add(photo, Image.effect_noise(photo.size, 60).convert("RGB"))

    receipt = convert(save(noisy, "JPEG", quality=50), Options(quality=90)).receipt

    tried = [trial.quality for trial in receipt.tried]
    assert receipt.quality < 90
    assert tried[0] == receipt.quality
    assert 90 in tried
    assert "larger than the source" in receipt.reason


@pytest.mark.parametrize(
    ("memory", "reason"),
    [
        (44, "the smallest of what was tried"),
        (36, "the smallest of what was tried; not enough memory to try: nearLossless"),
        (35, "the only one that was tried; not enough memory to try: lossless, nearLossless"),
    ],
)
def test_the_reason_names_what_was_not_tried_for_lack_of_memory(memory: int, reason: str, save: Save) -> None:
    drawing = Image.new("RGB", (100, 200), "navy")

    receipt = convert(save(drawing, "PNG"), Options(max_decoding_bytes=memory * 100 * 200)).receipt

    assert receipt.reason == reason


def test_the_reason_names_the_quality_by_ssim_and_its_trials(photo: Image.Image, save: Save) -> None:
    receipt = convert(save(photo.resize((480, 320)), "JPEG", quality=95), Options(quality="auto")).receipt

    assert "quality by SSIM, 0.98 wanted: " in receipt.reason
    assert f" at {receipt.quality}" in receipt.reason
