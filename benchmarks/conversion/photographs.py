"""Synthetic images with the statistics of photographs, identical on every run.

Occluding shapes whose radii follow a power law (the dead leaves model) give the edges and the 1/f spectrum. Octaves
of noise give the surfaces. A slight blur imitates the lens, and the grain grows with the brightness as a sensor's does.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Plane = NDArray[np.float32]

_LEAVES = ((600, 0.06), (3000, 0.004))
"""Count and smallest radius of each layer of shapes: one covers the whole image, the other is drawn on top of it."""
_LARGEST = 0.35
"""The largest radius. Radii are fractions of the longer side."""
_OCTAVES = 7
_LENS = 0.7
"""The radius, in pixels, of the blur that a lens and the interpolation of a sensor's colours cause."""
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Scene:
    """A synthetic photograph: its size and its seed."""

    width: int
    height: int
    seed: int

    def jpeg(self, *, orientation: int = 1) -> bytes:
        """The photograph as a camera stores it: quality 90, 4:2:0, with an EXIF orientation."""
        exif = Image.Exif()
        exif[_ORIENTATION_TAG] = orientation
        out = io.BytesIO()
        self.picture().save(out, "JPEG", quality=90, subsampling="4:2:0", exif=exif.tobytes())
        return out.getvalue()

    def picture(self) -> Image.Image:
        """The pixels as a sensor would deliver them."""
        randomness = np.random.default_rng(self.seed)
        shapes, roughness = self._leaves(randomness)
        texture = self._noise(randomness, first_octave=0) * (np.asarray(roughness, np.float32) / 255)
        light = 1 + 0.25 * self._noise(randomness, first_octave=_OCTAVES - 2)
        channels = []
        for plane in shapes.filter(ImageFilter.GaussianBlur(_LENS)).split():
            lit = (np.asarray(plane, np.float32) + 26 * texture) * light
            grain = self._grain(randomness) * (0.6 + 0.12 * np.sqrt(np.clip(lit, 0, 255)))
            channels.append(Image.fromarray(np.clip(lit + grain + 0.5, 0, 255).astype(np.uint8)))
        return Image.merge("RGB", channels)

    def _leaves(self, randomness: np.random.Generator) -> tuple[Image.Image, Image.Image]:
        """Overlapping shapes, drawn from far to near, and the roughness of each shape's surface."""
        size, longer = (self.width, self.height), max(self.width, self.height)
        shapes, roughness = Image.new("RGB", size, (110, 120, 125)), Image.new("L", size, 90)
        draw, draw_roughness = ImageDraw.Draw(shapes), ImageDraw.Draw(roughness)
        for radius in np.concatenate([_radii(randomness, *layer) for layer in _LEAVES]) * longer:
            x, y = randomness.uniform(0, self.width), randomness.uniform(0, self.height)
            outline = _outline(randomness, x, y, radius)
            hue = randomness.normal(0, 22, 3) + randomness.uniform(25, 225)
            draw.polygon(outline, fill=tuple(int(value) for value in np.clip(hue, 0, 255)))
            draw_roughness.polygon(outline, fill=int(255 * randomness.beta(0.5, 2)))
        return shapes, roughness

    def _noise(self, randomness: np.random.Generator, first_octave: int) -> Plane:
        """1/f noise with equal variance in each octave, from `first_octave` (0 is one sample a pixel) to coarse."""
        total = np.zeros((self.height, self.width), np.float32)
        for octave in range(first_octave, first_octave + _OCTAVES):
            coarse = (max(2, self.height >> octave), max(2, self.width >> octave))
            samples = Image.fromarray(randomness.standard_normal(coarse, np.float32))
            total += np.asarray(samples.resize((self.width, self.height), Image.Resampling.BICUBIC))
        return np.asarray(total / _OCTAVES**0.5, np.float32)

    def _grain(self, randomness: np.random.Generator) -> Plane:
        """A sensor's noise. Neighbours correlate, because a camera interpolates colours between them."""
        white = randomness.standard_normal((self.height + 1, self.width + 1), np.float32)
        return np.asarray((white[:-1, :-1] + white[1:, :-1] + white[:-1, 1:] + white[1:, 1:]) / 2, np.float32)


def _radii(randomness: np.random.Generator, count: int, smallest: float) -> NDArray[np.float64]:
    """Radii with a density proportional to radius^-3: the image looks alike at every distance."""
    return np.asarray(randomness.uniform(_LARGEST**-2, smallest**-2, count) ** -0.5)


def _outline(randomness: np.random.Generator, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """The outline of a random round or polygonal shape."""
    corners = int(randomness.choice([3, 4, 5, 48]))
    turn, stretch = randomness.uniform(0, 2 * np.pi), randomness.uniform(0.5, 1)
    angles = turn + np.arange(corners) * (2 * np.pi / corners)
    return [(x + radius * float(np.cos(a)), y + radius * stretch * float(np.sin(a))) for a in angles]
