"""Draws the sample images beside this file: python samples/make_samples.py"""

import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from imagejobs.conversion.colour.srgb_profile import display_profile
from PIL import Image, ImageChops, ImageDraw, ImageFilter

HERE = Path(__file__).parent
P3_COLORANTS = {
    "r": (0.51512, 0.24120, -0.00105),
    "g": (0.29198, 0.69225, 0.04189),
    "b": (0.15710, 0.06657, 0.78407),
}
"""Display P3 (SMPTE EG 432-1 primaries, D65) adapted to D50 by the Bradford matrix."""
ORIENTATION, ARTIST, COPYRIGHT, GPS = 0x0112, 0x013B, 0x8298, 0x8825
CREDIT = "image-jobs samples"

Color = tuple[int, int, int]


def vertical_gradient(size: tuple[int, int], stops: Sequence[Color]) -> Image.Image:
    """Colours from top to bottom at equal distances, blended."""
    strip = Image.new("RGB", (1, len(stops)))
    strip.putdata(list(stops))
    box = (0, 0.5, 1, len(stops) - 0.5)
    return strip.resize(size, Image.Resampling.BILINEAR, box=box)


def glow(size: tuple[int, int], center: tuple[int, int], radius: int) -> Image.Image:
    """A soft disc of light as a mask, bright in the middle."""
    disc = ImageChops.invert(Image.radial_gradient("L")).resize((2 * radius, 2 * radius), Image.Resampling.BICUBIC)
    disc = disc.point([max(0, value - 75) * 255 // 180 for value in range(256)])
    mask = Image.new("L", size)
    mask.paste(disc, (center[0] - radius, center[1] - radius))
    return mask


def ridge(width: int, base: float, height: float, roughness: float, seed: int) -> list[float]:
    """The outline of a range of hills: waves of ever smaller length and height."""
    dice = random.Random(seed)
    waves = [(1.7**n * roughness, height * 0.55**n, dice.uniform(0, 2 * math.pi)) for n in range(9)]
    return [base + sum(h * math.sin(f * x / width * 2 * math.pi + p) for f, h, p in waves) for x in range(width)]


def paint_hills(picture: Image.Image, outline: Sequence[float], stops: Sequence[Color], bottom: int) -> None:
    """Fill below an outline with a gradient of its own."""
    mask = Image.new("L", picture.size)
    points = [*enumerate(outline), (picture.width, bottom), (0, bottom)]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    picture.paste(vertical_gradient(picture.size, stops), mask=mask)


def mountain_lake(size: tuple[int, int]) -> Image.Image:
    """An evening at a lake, about as detailed as a photograph."""
    width, height = size
    shore = round(height * 0.6)
    scene = vertical_gradient((width, shore), [(30, 38, 84), (88, 72, 130), (216, 118, 112), (255, 196, 124)])
    sun = (round(width * 0.62), round(height * 0.44))
    scene.paste((255, 236, 190), mask=glow(scene.size, sun, round(width * 0.42)))
    scene.paste((255, 250, 228), mask=glow(scene.size, sun, round(width * 0.09)))
    layers: list[tuple[float, float, float, int, list[Color]]] = [
        (0.47, 0.040, 1.6, 5, [(150, 92, 120), (176, 110, 122), (222, 148, 128)]),
        (0.51, 0.034, 2.2, 12, [(98, 66, 106), (112, 76, 112), (150, 98, 116)]),
        (0.555, 0.022, 3.1, 21, [(52, 42, 78), (60, 48, 84), (74, 58, 90)]),
    ]
    for base, rise, roughness, seed, stops in layers:
        paint_hills(scene, ridge(width, height * base, height * rise, roughness, seed), stops, shore)
    paint_trees(scene, shore)
    return with_grain(with_reflection(scene, size))


def paint_trees(scene: Image.Image, shore: int) -> None:
    """A dark line of firs along the shore."""
    dice = random.Random(7)
    draw = ImageDraw.Draw(scene)
    for x in sorted(dice.uniform(0, scene.width) for _ in range(scene.width // 7)):
        tall = dice.uniform(0.012, 0.045) * shore * (1.6 if x < scene.width * 0.25 or x > scene.width * 0.85 else 1)
        for level in range(4):
            top, half = shore - tall * (1 - level * 0.2), tall * (0.07 + level * 0.05)
            draw.polygon([(x, top), (x - half, top + tall * 0.42), (x + half, top + tall * 0.42)], fill=(20, 22, 40))
    draw.rectangle((0, shore - 5, scene.width, shore), fill=(20, 22, 40))


def with_reflection(scene: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The scene over its mirror image, darker, blurred and broken by waves that grow towards the viewer."""
    width, height = size
    depth = height - scene.height
    mirror = scene.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, width, depth))
    mirror = mirror.filter(ImageFilter.GaussianBlur(2)).point([value * 86 // 100 for value in range(256)] * 3)
    water = Image.new("RGB", (width, depth))
    for y in range(depth):
        near = y / depth
        shift = round(math.sin(y * (0.55 - 0.38 * near)) * (2 + 16 * near) + math.sin(y * 0.113) * 6 * near)
        row = min(depth - 1, max(0, y + round(math.sin(y * 0.31) * 5 * near)))
        water.paste(ImageChops.offset(mirror.crop((0, row, width, row + 1)), shift, 0), (0, y))
    picture = Image.new("RGB", size)
    picture.paste(scene)
    picture.paste(water, (0, scene.height))
    return picture


def with_grain(picture: Image.Image) -> Image.Image:
    """Fine noise, as a sensor's; from a seed, since Pillow's own noise differs every time."""
    dice = random.Random(3)
    tile = Image.frombytes("L", (256, 256), bytes(min(255, max(0, round(dice.gauss(128, 7)))) for _ in range(65536)))
    grain = Image.new("L", picture.size)
    for left in range(0, picture.width, 256):
        for top in range(0, picture.height, 256):
            grain.paste(tile, (left, top))
    return ImageChops.add(picture, Image.merge("RGB", [grain] * 3), offset=-128)


def make_photo(path: Path) -> None:
    """A portrait as a telephone stores it: lying on its side, with orientation, place and copyright in EXIF."""
    stored = mountain_lake((1200, 1600)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ORIENTATION], exif[ARTIST], exif[COPYRIGHT] = 6, CREDIT, f"Copyright {CREDIT}"
    exif.get_ifd(GPS).update({1: "S", 2: (2.0, 40.0, 12.0), 3: "E", 4: (118.0, 52.0, 30.0)})
    stored.save(path, quality=82, exif=exif)


def make_wide_gamut(path: Path) -> None:
    """Overlapping flames of colours that lie outside sRGB."""
    size = (960, 640)
    picture = Image.new("RGB", size, (8, 8, 20))
    lights: list[tuple[Color, tuple[int, int], int]] = [
        ((255, 0, 0), (250, 250), 300),
        ((0, 255, 0), (480, 410), 300),
        ((0, 40, 255), (720, 240), 300),
        ((255, 150, 0), (130, 520), 190),
        ((255, 0, 180), (500, 110), 170),
        ((0, 255, 220), (850, 540), 190),
    ]
    for color, center, radius in lights:
        light = Image.new("RGB", size)
        light.paste(color, mask=glow(size, center, radius))
        picture = ImageChops.screen(picture, light)
    picture.save(path, quality=88, subsampling=0, icc_profile=display_profile("Display P3", P3_COLORANTS))


def make_soft_alpha(path: Path) -> None:
    """A badge that fades into nothing: half transparent pixels in every shade."""
    size = (480, 480)
    alpha = glow(size, (240, 240), 240)
    color = vertical_gradient(size, [(255, 214, 92), (255, 120, 92), (214, 60, 160), (96, 60, 214)])
    star = Image.new("L", size)
    points = [
        (240 + r * math.sin(n * math.pi / 5), 240 - r * math.cos(n * math.pi / 5)) for n, r in enumerate([128, 54] * 5)
    ]
    ImageDraw.Draw(star).polygon(points, fill=255)
    star = star.filter(ImageFilter.GaussianBlur(1.2))
    color.paste((255, 250, 235), mask=star)
    color.putalpha(ImageChops.lighter(alpha, star))
    color.save(path, optimize=True)


def make_animation(path: Path) -> None:
    """Six frames that add a star each and stay, then six of a comet on its orbit that are cleared one after another."""
    frames = [draw_sky(step) for step in range(12)]
    disposal = [1] * 6 + [2] * 6
    durations = [160] * 6 + [80] * 6
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=0, disposal=disposal)


def draw_sky(step: int) -> Image.Image:
    """A planet, its stars and a comet with a tail, on a transparent ground, drawn large and scaled down."""
    scale, side = 4, 200
    picture = Image.new("RGBA", (side * scale, side * scale))
    draw = ImageDraw.Draw(picture)
    dot(draw, (100 * scale, 100 * scale), 34 * scale, (46, 92, 168))
    dot(draw, (92 * scale, 92 * scale), 24 * scale, (88, 146, 214))
    for star in range(min(step + 1, 6)):
        dot(draw, on_orbit(star / 6 + 0.05, 56, scale), 4 * scale, (240, 190, 70))
    for age in range(16, -1, -1) if step >= 6 else ():
        heat = 1 - age / 17
        place = on_orbit((step - age * 0.08) / 6, 82, scale)
        dot(draw, place, (3 + 9 * heat) * scale, (255, round(90 + 140 * heat), round(40 + 90 * heat)))
    small = picture.resize((side, side), Image.Resampling.LANCZOS)
    small.putalpha(small.getchannel("A").point([255 * (value > 127) for value in range(256)]))
    return small


def on_orbit(turn: float, radius: float, scale: int) -> tuple[float, float]:
    """A point on a circle around the planet."""
    angle = 2 * math.pi * turn
    return (100 + radius * math.cos(angle)) * scale, (100 + radius * math.sin(angle)) * scale


def dot(draw: ImageDraw.ImageDraw, center: tuple[float, float], radius: float, color: Color) -> None:
    """A filled circle."""
    x, y = center
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


SAMPLES: dict[str, Callable[[Path], None]] = {
    "photo-orientation-6.jpg": make_photo,
    "wide-gamut-p3.jpg": make_wide_gamut,
    "soft-alpha.png": make_soft_alpha,
    "animation.gif": make_animation,
}


def main() -> None:
    """Write every sample."""
    for name, make in SAMPLES.items():
        make(HERE / name)
        sys.stdout.write(f"{name}: {(HERE / name).stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
