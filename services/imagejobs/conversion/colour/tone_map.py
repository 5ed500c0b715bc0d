"""From HDR to sRGB, in numpy; the curves are in `hdr_curves`.

Signals become light in the primaries of sRGB. Colours outside of these lose saturation until they are inside. The
largest of red, green and blue is mapped from the picture's peak to reference white, and the other two in proportion, so
that hue and saturation stay.
"""

import numpy as np
from numpy.typing import NDArray

from imagejobs.conversion.colour.hdr_curves import (
    HLG_GAMMA,
    HLG_PEAK,
    eetf,
    hlg_to_scene,
    light_to_pq,
    pq_to_light,
)
from imagejobs.conversion.colour.primaries import CHROMATICITIES, Matrix, inverse, product, rgb_to_xyz, xyz_to_d50
from imagejobs.conversion.formats.coded_colour import BT709, HLG, REFERENCE_WHITE, CodedColour

_LAST = 0xFFFF
_BINS = 4096
"""The bins of the histogram, from which the peak is read. They are equal steps of PQ: 0.4 % wide at 1000 cd/m2."""
_PEAK_SHARE = 0.99995
"""The share of the pixels that the peak covers, so that single specks do not darken the rest; as in libplacebo."""
_TINY = 1e-9

Light = NDArray[np.float32]
"""Red, green and blue by pixels, in cd/m2."""


class ToneMap:
    """Maps one picture, or all frames of an animation.

    `measure` must see the picture, or an animation's first frame, before `convert` is called: it decides the curve.

    Pixels are bytes: red, green and blue of 16 bits each, in the machine's order.
    """

    def __init__(self, colour: CodedColour) -> None:
        signal = np.arange(_LAST + 1) / _LAST
        self._is_hlg = colour.transfer == HLG
        self._table: Light = np.asarray(hlg_to_scene(signal) if self._is_hlg else pq_to_light(signal), np.float32)
        self._to_xyz = _to_xyz(colour.primaries)
        self._to_srgb = product(inverse(xyz_to_d50(_to_xyz(BT709))), xyz_to_d50(self._to_xyz))
        self._declared_peak = colour.peak
        self._histogram = np.zeros(_BINS, np.int64)
        self._peak = float(REFERENCE_WHITE)

    def measure(self, pixels: bytes, alpha: bytes | None = None) -> None:
        """Add the brightness of these pixels to the histogram. With alpha (16 bits), transparent ones do not count."""
        brightest = self._light(pixels).max(axis=0)
        if alpha is not None:
            brightest = brightest[np.frombuffer(alpha, np.uint16) > 0]
        codes = (light_to_pq(brightest) * (_BINS - 1)).astype(np.int64)
        self._histogram += np.bincount(codes, minlength=_BINS)
        self._peak = self._measured_peak()

    def convert(self, pixels: bytes) -> bytes:
        """The pixels in sRGB."""
        light = self._light(pixels)
        brightest = np.maximum(light.max(axis=0), _TINY)
        linear = np.minimum(light * (eetf(brightest, self._peak) / brightest / REFERENCE_WHITE), 1)
        encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
        return bytes(np.rint(encoded.T * _LAST).astype(np.uint16, order="C"))

    def _measured_peak(self) -> float:
        """The measured peak, limited to what the file announces, and at least reference white."""
        below = np.cumsum(self._histogram)
        last = int(np.searchsorted(below, below[-1] * _PEAK_SHARE))
        (measured,) = pq_to_light(np.array([min(last + 1, _BINS - 1) / (_BINS - 1)])).tolist()
        return float(max(min(measured, self._declared_peak or measured), REFERENCE_WHITE))

    def _light(self, pixels: bytes) -> Light:
        """Light in the primaries of sRGB."""
        light = self._table[np.frombuffer(pixels, np.uint16).reshape(-1, 3).T]
        if self._is_hlg:
            light *= _sum(self._to_xyz[1], light) ** (HLG_GAMMA - 1) * HLG_PEAK
        return _within(np.stack([_sum(row, light) for row in self._to_srgb]))


def _within(light: Light) -> Light:
    """Mix colours with a negative channel with grey of the same luminance until the channel is 0: the hue stays."""
    lowest, grey = light.min(axis=0), _sum(_to_xyz(BT709)[1], light)
    share = np.where(lowest < 0, grey / np.maximum(grey - lowest, _TINY), 1)
    return np.asarray(np.maximum(grey + share * (light - grey), 0))


def _sum(factors: tuple[float, float, float], light: Light) -> Light:
    """The weighted sum of red, green and blue. It is the same on every processor, which a BLAS does not promise."""
    red, green, blue = (np.float32(factor) for factor in factors)
    return np.asarray(red * light[0] + green * light[1] + blue * light[2])


def _to_xyz(primaries: int) -> Matrix:
    _, chromaticities = CHROMATICITIES[primaries]
    return rgb_to_xyz(chromaticities)
