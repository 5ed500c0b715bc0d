"""Uploads other than photographs: a screenshot, a transparent graphic and an animation."""

import io
import math
import random

from PIL import Image, ImageDraw, ImageFont

_INK, _PAPER, _LINE, _ACCENT = (32, 36, 44), (250, 250, 252), (214, 218, 226), (38, 110, 220)
_WORDS = (
    "upload",
    "the",
    "image",
    "get",
    "an",
    "optimised",
    "picture",
    "back",
    "and",
    "never",
    "lose",
    "a",
    "job",
    "when",
)


def screenshot() -> bytes:
    """A 2560x1600 PNG of a page with text, a side bar, buttons and a chart."""
    words = random.Random(1)
    page = Image.new("RGB", (2560, 1600), _PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(22)
    draw.rectangle((0, 0, 2560, 64), fill=_INK)
    draw.rectangle((0, 64, 420, 1600), fill=(238, 240, 244))
    for row in range(30):
        draw.text((32, 96 + row * 48), " ".join(words.sample(_WORDS, 3)), fill=_INK, font=font)
    for row in range(40):
        draw.text((470, 100 + row * 34), " ".join(words.choices(_WORDS, k=17)), fill=_INK, font=font)
    for row in range(12):
        top = 120 + row * 112
        draw.rounded_rectangle((1900, top, 2500, top + 84), 12, fill="white", outline=_LINE, width=2)
        draw.rectangle((1920, top + 24, 1920 + words.randrange(80, 520), top + 60), fill=_ACCENT)
    return _png(page)


def transparent_graphic() -> bytes:
    """A 1600x1600 PNG of a badge with soft edges and gradients on a transparent background."""
    side = 1600
    ring = Image.radial_gradient("L").resize((side, side), Image.Resampling.BICUBIC)
    alpha = ring.point([255 if v < 150 else max(0, 255 - (v - 150) * 8) for v in range(256)])
    across = Image.linear_gradient("L").resize((side, side), Image.Resampling.BICUBIC)
    picture = Image.merge("RGBA", (across, across.rotate(90), ring, alpha))
    draw = ImageDraw.Draw(picture)
    for arm in range(12):
        angle = arm * math.pi / 6
        tip = (side / 2 + 560 * math.cos(angle), side / 2 + 560 * math.sin(angle))
        draw.line((side / 2, side / 2, *tip), fill=(255, 255, 255, 200), width=26)
    draw.text((620, 740), "image", fill=_INK, font=ImageFont.load_default(140))
    return _png(picture)


def animation() -> bytes:
    """A GIF of 24 frames of 480x320: discs that move over a gradient."""
    ground = Image.merge("RGB", [Image.linear_gradient("L").rotate(90 * turn).resize((480, 320)) for turn in range(3)])
    frames = []
    for step in range(24):
        frame = ground.copy()
        draw = ImageDraw.Draw(frame)
        for disc in range(5):
            angle = 2 * math.pi * (step / 24 + disc / 5)
            x, y = 240 + 160 * math.cos(angle), 160 + 100 * math.sin(angle)
            draw.ellipse((x - 28, y - 28, x + 28, y + 28), fill=(40 * disc, 250 - 40 * disc, 120))
        frames.append(frame.quantize(128, dither=Image.Dither.NONE))
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=60, loop=0)
    return out.getvalue()


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
