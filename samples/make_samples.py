"""Makes the sample images beside this file: `.venv/bin/python samples/make_samples.py` (needs Pillow).

The same bytes every time.
"""

import math
import random
import struct
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

HERE = Path(__file__).parent
P3_COLORANTS = {"r": (0.51512, 0.24120, -0.00105), "g": (0.29198, 0.69225, 0.04189), "b": (0.15710, 0.06657, 0.78407)}
"""Display P3's primaries adapted to D50, as XYZ."""
D50 = (0.9642, 1.0, 0.8249)


def main() -> None:
    """Write all samples."""
    picture = landscape(1600, 1200)
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: stored lying on its side, to be turned clockwise
    exif[0x8298] = "image-jobs, MIT"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 12.0), 3: "E", 4: (8.0, 32.0, 24.0)})
    lying = picture.transpose(Image.Transpose.ROTATE_90)
    lying.save(HERE / "photo-orientation-6.jpg", quality=86, exif=exif)
    wide_gamut(1200, 800).save(HERE / "wide-gamut-p3.jpg", quality=88, icc_profile=display_p3())
    soft_glow(800).save(HERE / "soft-alpha.png", optimize=True)
    first, *rest = list(bouncing_ball(240, 16))
    first.save(HERE / "animation.gif", save_all=True, append_images=rest, duration=60, loop=0, disposal=2)


def landscape(width: int, height: int) -> Image.Image:
    """Sky, sun, five ridges of hills and a lake, with film grain."""
    random.seed(20)
    picture = vertical_gradient(width, height, (38, 82, 140), (250, 196, 140))
    sun = Image.new("L", picture.size)
    centre = (width * 0.66, height * 0.42)
    for radius, light in ((260, 40), (170, 70), (100, 130), (58, 255)):
        ImageDraw.Draw(sun).ellipse([c + s * radius for s in (-1, 1) for c in centre], fill=light)
    picture.paste((255, 240, 205), mask=sun.filter(ImageFilter.GaussianBlur(14)))
    for n in range(5):
        base, near = height * (0.48 + 0.075 * n), n / 4
        colour = tuple(round(far + (close - far) * near) for far, close in ((150, 18), (132, 40), (140, 44)))
        ridge = [(x, base + hill(x, n) * (40 + 26 * n)) for x in range(0, width + 8, 8)]
        ImageDraw.Draw(picture).polygon([(0, height), *ridge, (width + 8, height)], fill=colour)
    shore = round(height * 0.84)
    water = picture.crop((0, 2 * shore - height, width, shore)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    water = water.filter(ImageFilter.GaussianBlur(3)).resize((width, height - shore))
    picture.paste(Image.blend(water, Image.new("RGB", water.size, (24, 52, 84)), 0.4), (0, shore))
    return grained(picture, 9)


def hill(x: int, n: int) -> float:
    """A ridge's height at x: a few waves of different length."""
    return sum(math.sin(x / length + n * 2.1 * k) / k for k, length in ((1, 230), (2, 97), (4, 41), (7, 17)))


def wide_gamut(width: int, height: int) -> Image.Image:
    """Overlapping petals in colours that sRGB does not have."""
    picture = vertical_gradient(width, height, (12, 16, 34), (40, 20, 70)).convert("RGB")
    colours = ((255, 30, 40), (255, 140, 0), (20, 255, 60), (0, 230, 255), (120, 60, 255), (255, 20, 190))
    for n in range(18):
        petal = Image.new("L", picture.size)
        angle = n * math.tau / 18
        x, y = width / 2 + 250 * math.cos(angle), height / 2 + 210 * math.sin(angle)
        ImageDraw.Draw(petal).ellipse((x - 150, y - 110, x + 150, y + 110), fill=150)
        layer = Image.new("RGB", picture.size, colours[n % 6])
        picture = Image.composite(ImageChops.screen(picture, layer), picture, petal.filter(ImageFilter.GaussianBlur(9)))
    return grained(picture, 4)


def soft_glow(side: int) -> Image.Image:
    """A ring of light that fades to nothing on all sides."""
    alpha = Image.new("L", (side, side))
    draw = ImageDraw.Draw(alpha)
    draw.ellipse((side * 0.14, side * 0.14, side * 0.86, side * 0.86), fill=235)
    draw.ellipse((side * 0.32, side * 0.32, side * 0.68, side * 0.68), fill=0)
    colour = vertical_gradient(side, side, (255, 120, 60), (70, 90, 255))
    colour.putalpha(alpha.filter(ImageFilter.GaussianBlur(side / 18)))
    return colour


def bouncing_ball(side: int, frames: int) -> Iterator[Image.Image]:
    """A ball on a transparent ground, squeezed where it lands."""
    for n in range(frames):
        height = abs(math.sin(math.pi * n / frames)) * side * 0.55
        squeeze = 1 - 0.35 * max(0.0, 1 - height / (side * 0.12))
        frame = Image.new("RGBA", (side, side))
        draw = ImageDraw.Draw(frame)
        x, y, r = side / 2, side * 0.8 - height, side * 0.13
        draw.ellipse((x - r / squeeze, y - r * squeeze, x + r / squeeze, y + r * squeeze), fill=(240, 80, 60, 255))
        draw.ellipse(
            (x - r * 0.5, y - r * 0.6 * squeeze, x - r * 0.1, y - r * 0.25 * squeeze), fill=(255, 210, 190, 255)
        )
        draw.line((side * 0.2, side * 0.945, side * 0.8, side * 0.945), fill=(60, 60, 90, 255), width=3)
        yield frame


def vertical_gradient(width: int, height: int, top: tuple[int, ...], bottom: tuple[int, ...]) -> Image.Image:
    """From one colour to another."""
    ramp = Image.linear_gradient("L").resize((width, height))
    return Image.composite(Image.new("RGB", (width, height), bottom), Image.new("RGB", (width, height), top), ramp)


def grained(picture: Image.Image, strength: int) -> Image.Image:
    """Add film grain."""
    tile = Image.frombytes("L", (256, 256), random.Random(7).randbytes(256 * 256)).point(lambda v: v * strength // 255)
    grain = Image.new("L", picture.size)
    for x in range(0, picture.width, 256):
        for y in range(0, picture.height, 256):
            grain.paste(tile, (x, y))
    return ImageChops.add(picture, Image.merge("RGB", (grain,) * 3), offset=-strength // 2)


def display_p3() -> bytes:
    """An ICC profile of Display P3: a matrix of its primaries, and sRGB's curve as a parametric one."""
    curve = struct.pack(
        ">4sIHH5i", b"para", 0, 3, 0, *(round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    )
    text = "Display P3".encode("utf-16-be")
    description = struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(text), 28) + text
    tags = {b"desc": description, b"cprt": description, b"wtpt": xyz(D50)}
    tags |= {f"{name}XYZ".encode(): xyz(value) for name, value in P3_COLORANTS.items()}
    tags |= {f"{name}TRC".encode(): curve for name in P3_COLORANTS}
    table, data, offset = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += struct.pack(">4sII", name, offset + len(data), len(value))
        data += padded
    size = offset + len(data)
    head = struct.pack(">I4sI4s4s4s6H", size, bytes(4), 0x04000000, b"mntr", b"RGB ", b"XYZ ", 2024, 1, 1, 0, 0, 0)
    return (head + b"acsp").ljust(68, b"\0") + xyz(D50)[8:] + bytes(48) + table + data


def xyz(values: tuple[float, float, float]) -> bytes:
    """An XYZ tag."""
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in values))


if __name__ == "__main__":
    main()
