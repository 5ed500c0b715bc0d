"""Colours calculated from the definitions, without a colour management library: Lab, ΔE (CIEDE2000), RGB spaces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]
D50 = np.array([0.9642, 1.0, 0.8249])
D65 = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@dataclass(frozen=True, slots=True)
class RgbSpace:
    """An RGB colour space with white D65. `primaries` are (x, y) of red, green and blue; `gamma` 0 is sRGB's curve."""

    name: str
    primaries: tuple[tuple[float, float], ...]
    gamma: float = 0.0

    @property
    def to_xyz(self) -> Values:
        """The matrix from linear RGB to XYZ under D65."""
        columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in self.primaries]).T
        return np.asarray(columns * np.linalg.solve(columns, D65))

    def linear(self, values: ArrayLike) -> Values:
        """Decode encoded values of 0 to 1 to linear light."""
        encoded = np.asarray(values, float)
        return np.asarray(encoded**self.gamma) if self.gamma else srgb_to_linear(encoded)


SRGB = RgbSpace("sRGB", ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)))
DISPLAY_P3 = RgbSpace("Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)))
ADOBE_RGB = RgbSpace("Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma=563 / 256)


def srgb_to_linear(values: ArrayLike) -> Values:
    """Decode sRGB values of 0 to 1 to linear light (IEC 61966-2-1)."""
    encoded = np.asarray(values, float)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(values: ArrayLike) -> Values:
    """Encode linear light as sRGB values of 0 to 1. Values outside 0 to 1 are clipped."""
    linear = np.clip(np.asarray(values, float), 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055), float)


def d65_to_d50(xyz: Values) -> Values:
    """Adapt XYZ (last axis) from white D65 to D50 by the Bradford method."""
    gain = (_BRADFORD @ D50) / (_BRADFORD @ D65)
    return np.asarray(xyz @ (np.linalg.inv(_BRADFORD) @ np.diag(gain) @ _BRADFORD).T)


def to_srgb(pixels: NDArray[np.uint8], space: RgbSpace) -> Values:
    """Convert pixels of an RGB space (0 to 255) to sRGB (0 to 255)."""
    xyz = space.linear(pixels[..., :3] / 255) @ space.to_xyz.T
    return np.asarray(linear_to_srgb(xyz @ np.linalg.inv(SRGB.to_xyz).T) * 255)


def xyz_to_lab(xyz: Values) -> Values:
    """Convert XYZ to CIE L*a*b* with white D50."""
    ratio = xyz / D50
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab(pixels: NDArray[np.generic]) -> Values:
    """Convert sRGB pixels (0 to 255) to CIE L*a*b*."""
    return xyz_to_lab(d65_to_d50(srgb_to_linear(pixels[..., :3].astype(float) / 255) @ SRGB.to_xyz.T))


def mean_delta_e(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """The mean CIEDE2000 of two pictures in sRGB."""
    return float(delta_e(lab(one), lab(other)).mean())


def delta_e(one: Values, other: Values) -> Values:
    """The CIEDE2000 difference of L*a*b* colours (last axis), with all weights 1 (ISO/CIE 11664-6)."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    boost = 1 + 0.5 * (1 - _saturation((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2))
    c1, c2 = np.hypot(boost * a1, b1), np.hypot(boost * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, boost * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = np.where(c1 * c2 == 0, 0, (h2 - h1 + 180) % 360 - 180)
    hue = np.where(c1 * c2 == 0, h1 + h2, (h1 + (h2 - h1) / 2 + np.where(np.abs(h1 - h2) > 180, 180, 0)) % 360)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    by_light = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    by_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    by_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * _hue_weight(hue))
    blue = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))) * 2 * _saturation(chroma)
    return np.asarray(np.sqrt(by_light**2 + by_chroma**2 + by_hue**2 - blue * by_chroma * by_hue))


def _saturation(chroma: Values) -> Values:
    return np.asarray(np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))


def _hue_weight(hue: Values) -> Values:
    terms = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    return np.asarray(1 + sum(factor * np.cos(np.radians(times * hue + at)) for factor, times, at in terms))
