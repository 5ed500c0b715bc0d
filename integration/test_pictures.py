"""The images at public addresses, decoded by a library other than the one that encoded them."""

from typing import cast

import httpx2
import pillow_heif
import pytest
from pictures import encoded, jpeg, served
from PIL import Image, ImageSequence
from running_system import System

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 160, 0), (0, 0, 255), (255, 255, 255)
COLOURS = [RED, GREEN, BLUE, WHITE]
ORIENTATION = 0x0112
GPS = 0x8825


def quarters(size: int = 64) -> Image.Image:
    """An image with four colours: red and green above, blue and white below; it is twice as wide as high."""
    picture = Image.new("RGB", (2 * size, size))
    for n, colour in enumerate((RED, GREEN, BLUE, WHITE)):
        picture.paste(colour, (n % 2 * size, n // 2 * size // 2, (n % 2 + 1) * size, (n // 2 + 1) * size // 2))
    return picture


def corners(picture: Image.Image) -> list[tuple[int, int, int]]:
    """The colours at the centres of the four quarters, row by row."""
    width, height = picture.size
    rgb = picture.convert("RGB")
    return [rgb.getpixel((width * x // 4, height * y // 4)) for y in (1, 3) for x in (1, 3)]  # type: ignore[misc]  # RGB


def is_near(found: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 24) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(found, expected, strict=True))


def converted(system: System, name: str, content: bytes) -> Image.Image:
    job = system.ended(system.create_job(name, content))
    assert job["status"] == "COMPLETED", job
    return served(job["outputImageURL"])


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_a_rotated_photograph_is_served_upright(
    system: System, orientation: int, upright: list[tuple[int, int, int]]
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[GPS] = {1: "N", 2: (1.0, 2.0, 3.0)}

    picture = converted(system, "rotated.jpg", encoded(quarters(), "JPEG", quality=95, subsampling=0, exif=exif))

    assert picture.size == ((64, 128) if orientation >= 5 else (128, 64))
    assert all(is_near(found, colour) for found, colour in zip(corners(picture), upright, strict=True))
    assert ORIENTATION not in picture.getexif()
    assert not picture.getexif().get_ifd(GPS)


def test_a_transparent_picture_keeps_its_alpha(system: System) -> None:
    source = quarters().convert("RGBA")
    source.putalpha(Image.linear_gradient("L").resize(source.size))

    picture = converted(system, "soft.png", encoded(source, "PNG"))

    assert picture.mode == "RGBA"
    pairs = zip(picture.getchannel("A").tobytes(), source.getchannel("A").tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 2


def test_an_animation_keeps_frames_delays_and_loops(system: System) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, GREEN, BLUE)]
    options = {"save_all": True, "append_images": frames[1:], "duration": [100, 250, 400], "loop": 2}

    picture = converted(system, "moving.gif", encoded(frames[0], "GIF", **options))

    seen = [
        (cast("tuple[int, ...]", frame.convert("RGB").getpixel((20, 15))), frame.info["duration"])
        for frame in ImageSequence.Iterator(picture)
    ]
    assert [delay for _, delay in seen] == [100, 250, 400]
    assert all(is_near(found, colour) for (found, _), colour in zip(seen, (RED, GREEN, BLUE), strict=True))
    assert picture.info["loop"] == 3, "a GIF counts repetitions, a WebP counts plays"


def test_an_event_offers_every_rendition_for_srcset_until_it_is_deleted(system: System) -> None:
    event = system.create_event(("a.jpg", jpeg(640, 480)))
    (job_id,) = event["imageJobIds"]
    job = system.ended(job_id)

    (image,) = system.http.get(f"/api/events/{event['_id']}").json()["data"]["images"]
    widths = dict(each.split() for each in image["srcset"].split(", "))
    sizes = [served(each["url"]).size for each in image["renditions"]]
    assert sizes == [(640, 480), (320, 240), (160, 120)]
    assert widths == {each["url"]: f"{each['width']}w" for each in image["renditions"]}
    assert image["url"] == image["renditions"][0]["url"] == job["outputImageURL"]
    assert (image["thumbHash"], image["dominantColor"]) == (job["thumbHash"], job["dominantColor"])

    assert system.http.delete(f"/api/image-jobs/{job_id}").status_code == 200
    assert [httpx2.get(url, timeout=20).status_code for url in widths] == [404, 404, 404]


@pytest.mark.parametrize("format_name", ["HEIF", "AVIF", "TIFF"])
def test_photographs_of_other_kinds_are_served_as_webp(system: System, format_name: str) -> None:
    pillow_heif.register_heif_opener()

    picture = converted(system, f"photo.{format_name.lower()}", encoded(quarters(), format_name))

    assert all(
        is_near(found, colour) for found, colour in zip(corners(picture), [RED, GREEN, BLUE, WHITE], strict=True)
    )
