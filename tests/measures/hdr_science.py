"""HDR calculated from the definitions, in double precision: PQ and HLG (BT.2100), the EETF (BT.2390), BT.2020."""

import numpy as np
from measures.colour_science import SRGB, RgbSpace, Values, linear_to_srgb
from numpy.typing import ArrayLike

BT2020 = RgbSpace("BT.2020", ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)))
WHITE = 203.0
"""Luminance of diffuse white in cd/m2 (BT.2408)."""
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073


def pq_signal(light: ArrayLike) -> Values:
    """The PQ signal (0 to 1) of light in cd/m2."""
    power = (np.asarray(light, float) / 10_000) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)


def pq_light(signal: ArrayLike) -> Values:
    """The light in cd/m2 of a PQ signal (0 to 1)."""
    root = np.asarray(signal, float) ** (1 / _M2)
    return np.asarray(10_000 * (np.clip(root - _C1, 0, None) / (_C2 - _C3 * root)) ** (1 / _M1))


def hlg_signal(light: ArrayLike) -> Values:
    """The HLG signal (0 to 1) of linear BT.2020 light in cd/m2 (RGB in the last axis) on a display of 1000 cd/m2."""
    display = np.asarray(light, float) / 1000
    luminance = np.maximum(display @ BT2020.to_xyz[1], 1e-12)[..., None]
    scene = display * luminance ** (1 / 1.2 - 1)
    return np.asarray(
        np.where(scene <= 1 / 12, np.sqrt(3 * scene), _A * np.log(np.maximum(12 * scene - _B, 1e-9)) + _C), float
    )


def tone_mapped(light: ArrayLike, peak: float) -> Values:
    """BT.2390's EETF from `peak` to reference white; light and result are in cd/m2."""
    signal, most = pq_signal(light) / pq_signal(peak), float(pq_signal(WHITE) / pq_signal(peak))
    if most >= 1:
        return np.asarray(np.minimum(np.asarray(light, float), WHITE), float)
    knee = 1.5 * most - 0.5
    t = (np.clip(signal, knee, 1) - knee) / (1 - knee)
    p = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * most
    return np.where(signal < knee, light, pq_light(p * pq_signal(peak)))


def shown(light: ArrayLike, space: RgbSpace, peak: float) -> Values:
    """Tone-map linear light of `space`, in cd/m2, and encode it as sRGB (0 to 255). All colours must be within sRGB."""
    linear = np.asarray(light, float) @ space.to_xyz.T @ np.linalg.inv(SRGB.to_xyz).T
    assert linear.min() > -0.01, "the colours are outside of sRGB"
    brightest = np.maximum(linear.max(axis=-1, keepdims=True), 1e-9)
    return np.asarray(linear_to_srgb(linear * tone_mapped(brightest, peak) / brightest / WHITE) * 255)
