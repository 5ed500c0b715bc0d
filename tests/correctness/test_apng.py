import io
import struct
import zlib
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from files import apng as apng_files
from files import png as png_files
from files.apng import BACKGROUND, NONE, OVER, PREVIOUS, SOURCE, ApngFrame, apng, block, chunks_of, compose
from files.colour_profiles import rgb_profile
from files.exif import ORIENTATION, exif
from imagejobs.conversion.engine import Conversion, convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from measures.colour_science import DISPLAY_P3
from measures.decoded_pictures import (
    Frame,
    Pixels,
    assert_plays,
    decode,
    decode_frames,
    difference,
    frame_count,
    on_ground,
    photo,
    resized,
)
from PIL import Image
from wand.version import MAGICK_VERSION_INFO

WIDTH, HEIGHT = 60, 44
FINE = Options(quality=95)
RED, GREEN, BLUE, CLEAR = (190, 60, 50, 255), (60, 150, 70, 255), (50, 60, 140, 255), (0, 0, 0, 0)
SOFT, FAINT = (250, 240, 190, 140), (10, 40, 50, 80)
GROUND = block(0, 0, WIDTH, HEIGHT, GREEN)
DISPOSALS = {"keep": NONE, "background": BACKGROUND, "previous": PREVIOUS}
BLENDS = {"replace": SOURCE, "blend": OVER}
MODES = ["RGB", "L", "LA", "P", "1"]
"""Modes in which Pillow can write animations of one disposal only."""
WAYS = list(product(DISPOSALS, BLENDS))


def shown(source: bytes, options: Options = FINE) -> list[Frame]:
    return decode_frames(convert(source, options).data)


def seen_by_pillow(source: bytes) -> list[Pixels]:
    with Image.open(io.BytesIO(source)) as image:
        return [_frame_seen_by_pillow(image, index) for index in range(frame_count(image))]


def _frame_seen_by_pillow(image: Image.Image, index: int) -> Pixels:
    image.seek(index)
    image.load()
    return np.asarray(image.convert("RGBA"))


@pytest.mark.parametrize(("last", "last_blend"), WAYS)
@pytest.mark.parametrize(("middle", "middle_blend"), WAYS)
def test_every_disposal_and_blending_of_parts_of_the_canvas(
    middle: str, middle_blend: str, last: str, last_blend: str
) -> None:
    frames = [
        GROUND,
        block(5, 3, 21, 17, SOFT, disposal=DISPOSALS[middle], blend=BLENDS[middle_blend]),
        block(15, 11, 30, 20, FAINT, disposal=DISPOSALS[last], blend=BLENDS[last_blend]),
        block(33, 25, 20, 15, RED, disposal=DISPOSALS[middle], blend=OVER),
        block(0, 40, 60, 4, BLUE),
    ]

    assert_plays(shown(apng(WIDTH, HEIGHT, frames)), list(compose(WIDTH, HEIGHT, frames)), [100] * 5)


@pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)
@pytest.mark.parametrize("disposal", DISPOSALS.values(), ids=DISPOSALS)
def test_every_disposal_of_the_first_frame(disposal: int, blend: int) -> None:
    """The canvas before the first frame is transparent."""
    frames = [
        block(0, 0, WIDTH, HEIGHT, SOFT, disposal=disposal, blend=blend),
        block(20, 10, 39, 33, RED, blend=OVER),
        block(1, 1, 9, 9, FAINT, blend=OVER),
    ]

    assert_plays(shown(apng(WIDTH, HEIGHT, frames)), list(compose(WIDTH, HEIGHT, frames)), [100] * 3)


@pytest.mark.parametrize("is_apart", [True, False], ids=["still apart", "still is the first frame"])
@pytest.mark.parametrize(
    ("mode", "disposal"), [*(("RGBA", each) for each in DISPOSALS.values()), *((each, NONE) for each in MODES)]
)
def test_what_pillow_writes_plays_as_pillow_reads_it(mode: str, disposal: int, is_apart: bool) -> None:
    base = Image.fromarray(np.dstack([photo(), 255 - photo()[..., 0]]))
    pictures = [base, base.rotate(90), base.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    if mode == "P":
        pictures = [each.convert("RGB").quantize(16) for each in pictures]
        pictures[1:] = [each.convert("RGB").quantize(palette=pictures[0]) for each in pictures[1:]]
    first, *others = (each.convert(mode) for each in pictures)
    buffer = io.BytesIO()
    first.save(
        buffer, "PNG", save_all=True, append_images=others, duration=[80, 120, 40][is_apart:], disposal=disposal,
        default_image=is_apart,
    )  # fmt: skip
    frames = seen_by_pillow(buffer.getvalue())[is_apart:]

    conversion = convert(buffer.getvalue(), FINE)

    assert_plays(decode_frames(conversion.data), frames, [80, 120, 40][is_apart:])
    receipt = conversion.receipt.to_json()
    assert receipt["source"]["frames"] == 3 - is_apart
    assert receipt["source"]["mimetype"] == "image/png"
    assert receipt["notes"] == []


@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
@pytest.mark.parametrize(
    ("colour_type", "depth", "further"),
    [
        (png_files.GREY, 1, []),
        (png_files.GREY, 2, [(b"tRNS", b"\xff\xfe")]),
        (png_files.GREY, 8, [(b"tRNS", b"\0\x60")]),
        (png_files.GREY, 16, []),
        (png_files.RGB, 8, [(b"tRNS", b"\0\x60" * 3)]),
        (png_files.RGB, 16, []),
        (png_files.PALETTE, 2, [(b"PLTE", bytes([200, 40, 30, 40, 180, 60, 40, 60, 190])), (b"tRNS", b"\xff\x80")]),
        (png_files.PALETTE, 8, [(b"PLTE", bytes(range(255, 255 - 48, -1)) * 16), (b"tRNS", bytes(range(0, 255, 2)))]),
        (png_files.GREY_ALPHA, 8, []),
        (png_files.RGBA, 16, []),
    ],
)
def test_frames_of_every_kind_of_samples_have_the_colours_of_the_file(
    colour_type: int, depth: int, further: list[png_files.Chunk], interlaced: bool
) -> None:
    """Each frame looks like a PNG of the same samples; the chunks before the first frame apply to all of them."""
    channels = {png_files.RGB: 3, png_files.GREY_ALPHA: 2, png_files.RGBA: 4}.get(colour_type, 1)
    steps = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH))[..., None] // 13 + np.arange(channels)
    unit = {16: 257 * 96, 8: 96}.get(depth, 1)
    frames = [ApngFrame(0, 0, (steps + shift) * unit % (1 << depth)) for shift in range(3)]
    still = {"chunks": further, "interlaced": interlaced}
    alone = [shown(png_files.png(frame.samples, depth, colour_type, **still))[0][0] for frame in frames]  # type: ignore[arg-type]  # both

    source = apng(
        WIDTH, HEIGHT, frames, bit_depth=depth, colour_type=colour_type, chunks=further, interlaced=interlaced
    )

    assert_plays(shown(source), alone, [100] * 3, tolerance=1.5)
    if depth == 8 and not interlaced:
        assert_plays(shown(source), seen_by_pillow(source), [100] * 3)


@pytest.mark.parametrize(
    ("delay", "duration"),
    [((0, 100), 0), ((0, 0), 0), ((7, 0), 70), ((1, 1000), 1), ((1, 10), 100), ((65535, 1), 0xFFFFFF), ((2, 3), 667)],
)
def test_delays_are_fractions_of_a_second(delay: tuple[int, int], duration: int) -> None:
    """A denominator of 0 means hundredths of a second. Delays up to 0.01 s are kept; viewers may slow them down."""
    frames = [block(0, 0, WIDTH, HEIGHT, colour, delay=each) for colour, each in [(RED, delay), (BLUE, (1, 4))]]

    found = shown(apng(WIDTH, HEIGHT, frames))

    assert [each for _, each in found] == [duration, 250]


def test_the_rounding_of_delays_does_not_add_up() -> None:
    frames = [block(0, 0, WIDTH, HEIGHT, (8 * index, 60, 50, 255), delay=(1, 30)) for index in range(30)]

    found = [duration for _, duration in shown(apng(WIDTH, HEIGHT, frames))]

    assert sum(found) == 1000
    assert set(found) == {33, 34}


@pytest.mark.parametrize(("plays", "expected"), [(0, 0), (1, 1), (3, 3), (65535, 65535), (65536, 65535)])
def test_the_loop_count_is_kept(plays: int, expected: int) -> None:
    source = apng(WIDTH, HEIGHT, [GROUND, block(3, 3, 9, 9, RED)], plays=plays)

    with Image.open(io.BytesIO(convert(source, Options()).data)) as result:
        assert result.info["loop"] == expected


@pytest.mark.parametrize("disposal", DISPOSALS.values(), ids=DISPOSALS)
def test_a_scaled_animation_is_composed_before_it_is_scaled(disposal: int) -> None:
    """At three quarters of the size every edge falls between pixels, so frames scaled on their own would not fit."""
    frames = [
        block(0, 0, 160, 120, GREEN),
        block(15, 9, 63, 51, RED, disposal=disposal, blend=OVER),
        block(45, 33, 90, 60, SOFT, disposal=disposal, blend=OVER),
        block(3, 73, 61, 45, BLUE),
    ]
    expected = [resized(each, 119, 89) for each in compose(160, 120, frames)]

    found = shown(apng(160, 120, frames), Options(max_side=119, quality=95))

    assert found[0][0].shape[:2] == (89, 119)
    assert_plays(found, expected, [100] * 4)


def test_frames_in_many_chunks_are_joined() -> None:
    frames = [ApngFrame(0, 0, np.dstack([each, each[..., 0]])) for each in (photo(), 255 - photo())]

    found = shown(apng(96, 64, frames, part_bytes=100))

    assert_plays(found, list(compose(96, 64, frames)), [100] * 2)


def test_a_profile_is_converted_in_every_frame() -> None:
    profile = (b"iCCP", b"P3\0\0" + zlib.compress(rgb_profile(DISPLAY_P3)))
    frames = [ApngFrame(0, 0, each) for each in (photo(), photo()[::-1])]
    alone = [
        shown(png_files.png(frame.samples, 8, png_files.RGB, chunks=[profile]))[0][0] for frame in frames
    ]  # fmt: skip
    assert difference(alone[0], photo()) > 2

    conversion = convert(apng(96, 64, frames, colour_type=png_files.RGB, chunks=[profile]), FINE)

    assert_plays(decode_frames(conversion.data), alone, [100] * 2)
    assert conversion.receipt.profile_converted


def test_linear_light_is_encoded_anew_in_every_frame() -> None:
    linear = (b"gAMA", struct.pack(">I", 100_000))
    frames = [ApngFrame(0, 0, each) for each in (photo(), photo()[::-1])]
    alone = [shown(png_files.png(frame.samples, 8, png_files.RGB, chunks=[linear]))[0][0] for frame in frames]
    assert difference(alone[0], photo()) > 20

    found = shown(apng(96, 64, frames, colour_type=png_files.RGB, chunks=[linear]))

    assert_plays(found, alone, [100] * 2)


@pytest.mark.parametrize("place", ["before", "behind"])
def test_every_frame_is_turned(place: str) -> None:
    turn = (b"eXIf", exif({ORIENTATION: 6})[6:])
    frames = [ApngFrame(0, 0, each) for each in (photo(), 255 - photo())]
    source = apng(96, 64, frames, colour_type=png_files.RGB)
    parts = chunks_of(source)
    parts = [turn, *parts] if place == "before" else [*parts, turn]

    found = shown(apng_files.assemble(96, 64, parts, colour_type=png_files.RGB))

    upright = [
        np.dstack([np.rot90(each, -1), np.full((96, 64), 255)]).astype(np.uint8) for each in (photo(), 255 - photo())
    ]
    assert_plays(found, upright, [100] * 2)


def test_an_animation_of_one_frame_is_that_frame_and_not_the_still() -> None:
    still = np.full((HEIGHT, WIDTH, 4), RED)

    result = decode(convert(apng(WIDTH, HEIGHT, [block(6, 4, 30, 20, BLUE)], still=still), FINE).data)

    (expected,) = compose(WIDTH, HEIGHT, [block(6, 4, 30, 20, BLUE)])
    assert difference(on_ground(result, (0, 0, 0)), on_ground(expected, (0, 0, 0))) < 2


def test_frames_that_change_nothing_keep_their_time() -> None:
    frames = [
        GROUND,
        block(3, 3, 9, 9, RED, delay=(1, 5)),
        block(3, 3, 9, 9, RED, delay=(3, 10)),
        block(9, 9, 9, 9, BLUE),
    ]

    assert_plays(shown(apng(WIDTH, HEIGHT, frames)), list(compose(WIDTH, HEIGHT, frames)), [100, 200, 300, 100])


FRAMES = [GROUND, block(5, 3, 21, 17, RED), block(9, 9, 20, 20, BLUE)]
Chunks = list[png_files.Chunk]


def with_control(index: int, at: int, data: bytes) -> Callable[[Chunks], Chunks]:
    """A function that replaces bytes of the fcTL with this index."""

    def change(parts: Chunks) -> Chunks:
        place = [number for number, part in enumerate(parts) if part[0] == b"fcTL"][index]
        kind, old = parts[place]
        return [*parts[:place], (kind, old[:at] + data + old[at + len(data) :]), *parts[place + 1 :]]

    return change


def without(index: int) -> Callable[[Chunks], Chunks]:
    return lambda parts: [part for number, part in enumerate(parts) if number != index]


DAMAGE: dict[str, Callable[[Chunks], Chunks]] = {
    "no frames": lambda parts: [(b"acTL", bytes(8)), *parts[1:]],
    "an acTL that is too long": lambda parts: [(b"acTL", parts[0][1] + b"\0"), *parts[1:]],
    "two acTL": lambda parts: [parts[0], *parts],
    "a repeated sequence number": with_control(1, 0, bytes(4)),
    "a missing sequence number": with_control(2, 0, struct.pack(">I", 9)),
    "a missing fcTL": without(3),
    "a frame without data": without(4),
    "a truncated fcTL of the last frame": lambda parts: [*parts[:5], (b"fcTL", parts[5][1][:-1]), parts[6]],
    "a frame beyond the right edge": with_control(1, 12, struct.pack(">I", WIDTH - 20)),
    "a frame beyond the lower edge": with_control(2, 16, struct.pack(">I", HEIGHT)),
    "a frame far outside": with_control(2, 12, b"\xff" * 8),
    "a frame of width 0": with_control(1, 4, bytes(4)),
    "a first frame smaller than the canvas": with_control(0, 4, struct.pack(">I", WIDTH - 1)),
    "an unknown disposal": with_control(1, 24, b"\3"),
    "an unknown blending": with_control(1, 25, b"\2"),
    "an fdAT without a sequence number": lambda parts: [*parts[:4], (b"fdAT", b"\0\0"), *parts[5:]],
    "an fdAT before the still": lambda parts: [parts[0], parts[1], parts[4], *parts[2:]],
    "two fcTL before the still": lambda parts: [parts[0], parts[1], (b"fcTL", parts[3][1]), *parts[2:]],
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_animation_is_its_still_and_a_note_says_so(change: Callable[[Chunks], Chunks]) -> None:
    """The standard asks viewers to show the still if they find an error before they play the animation."""
    whole = apng(WIDTH, HEIGHT, FRAMES)
    assert len(shown(whole)) == 3

    assert_is_the_still(convert(apng_files.assemble(WIDTH, HEIGHT, change(chunks_of(whole))), FINE))


@pytest.mark.parametrize("kind", [b"acTL", b"fcTL", b"fdAT"])
def test_a_wrong_checksum_in_the_animation_leaves_the_still(kind: bytes) -> None:
    whole = bytearray(apng(WIDTH, HEIGHT, FRAMES))
    whole[whole.rindex(kind) + 7] ^= 1

    assert_is_the_still(convert(bytes(whole), FINE))


def cut_deflate(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize("index", [4, 6])
@pytest.mark.parametrize("still", [None, GROUND.samples], ids=["still is the first frame", "still apart"])
@pytest.mark.parametrize("damage", [cut_deflate, lambda data: data[:4] + bytes(len(data) - 4), lambda data: data[:4]])
def test_a_frame_that_cannot_be_decoded_leaves_the_still(
    damage: Callable[[bytes], bytes], still: Pixels | None, index: int
) -> None:
    """Checksums and sequence numbers are correct, so only decoding finds the damage."""
    parts = chunks_of(apng(WIDTH, HEIGHT, FRAMES, still=still))
    at = [number for number, (kind, _) in enumerate(parts) if kind == b"fdAT"][-1 if index == 6 else 0]
    parts[at] = (b"fdAT", damage(parts[at][1]))

    assert_is_the_still(convert(apng_files.assemble(WIDTH, HEIGHT, parts), FINE))


def test_a_still_that_cannot_be_decoded_is_corrupt() -> None:
    parts = chunks_of(apng(WIDTH, HEIGHT, FRAMES))
    parts = [(kind, cut_deflate(data) if kind == b"IDAT" else data) for kind, data in parts]

    with pytest.raises(ConversionError) as caught:
        convert(apng_files.assemble(WIDTH, HEIGHT, parts), FINE)

    # ImageMagick 6 gives no reason; ImageMagick 7 says that data is missing.
    assert caught.value.code == ("corrupt" if MAGICK_VERSION_INFO[0] == 6 else "truncated")


def assert_is_the_still(conversion: Conversion) -> None:
    assert difference(decode(conversion.data), GROUND.samples) < 2
    receipt = conversion.receipt.to_json()
    assert (receipt["source"]["frames"], receipt["output"]["frames"]) == (1, 1)
    (note,) = receipt["notes"]
    assert "only the still is kept" in note


def test_an_announcement_behind_the_still_announces_nothing() -> None:
    head, *parts = chunks_of(apng(WIDTH, HEIGHT, FRAMES))

    source = apng_files.assemble(WIDTH, HEIGHT, [*parts[:2], head, *parts[2:]])

    assert difference(decode(convert(source, FINE).data), GROUND.samples) < 2


def test_the_first_header_may_come_before_the_announcement() -> None:
    head, control, *parts = chunks_of(apng(WIDTH, HEIGHT, FRAMES))

    found = shown(apng_files.assemble(WIDTH, HEIGHT, [control, head, *parts]))

    assert_plays(found, list(compose(WIDTH, HEIGHT, FRAMES)), [100] * 3)


@pytest.mark.parametrize("count", [1, 3])
def test_chunks_of_an_animation_that_none_announces_are_passed_over(count: int) -> None:
    _, *parts = chunks_of(apng(WIDTH, HEIGHT, FRAMES))
    parts[0] = (b"fcTL", parts[0][1] * count)

    conversion = convert(apng_files.assemble(WIDTH, HEIGHT, parts), FINE)

    assert difference(decode(conversion.data), GROUND.samples) < 2
    assert conversion.receipt.notes == ()


@pytest.mark.parametrize("count", [2, 7])
def test_another_number_of_frames_than_is_announced_plays_as_pillow_shows_it(count: int) -> None:
    """As many frames as announced are shown, or all frames if there are fewer."""
    whole = chunks_of(apng(WIDTH, HEIGHT, FRAMES))
    parts = [(b"acTL", struct.pack(">II", count, 0)), *whole[1:]]

    found = shown(apng_files.assemble(WIDTH, HEIGHT, parts))

    assert_plays(found, list(compose(WIDTH, HEIGHT, FRAMES))[:count], [100] * min(count, 3))


@pytest.mark.parametrize("still", [None, GROUND.samples], ids=["still is the first frame", "still apart"])
def test_an_animation_cut_anywhere_is_truncated(still: Pixels | None) -> None:
    whole = apng(WIDTH, HEIGHT, FRAMES, still=still, part_bytes=60)

    for length in range(33 + 20, len(whole) - 8):
        with pytest.raises(ConversionError) as caught:
            convert(whole[:length], FINE)
        assert caught.value.code == "truncated"


def test_the_limits_count_every_frame_by_the_header() -> None:
    source = apng(WIDTH, HEIGHT, FRAMES)

    with pytest.raises(ConversionError) as pixels:
        convert(source, Options(max_pixels=3 * WIDTH * HEIGHT - 1))
    with pytest.raises(ConversionError) as frames:
        convert(source, Options(max_frames=2))

    assert (pixels.value.code, frames.value.code) == ("too_many_pixels", "too_many_frames")
    convert(source, Options(max_pixels=3 * WIDTH * HEIGHT, max_frames=3))
