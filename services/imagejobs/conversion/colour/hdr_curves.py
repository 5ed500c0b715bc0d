"""The curves of HDR: PQ and HLG (Recommendation ITU-R BT.2100-2), and the EETF of Report ITU-R BT.2390 (5.4.1).

Light is in cd/m2, signals are 0 to 1.
"""

import numpy as np
from numpy.typing import NDArray

from imagejobs.conversion.formats.coded_colour import REFERENCE_WHITE

HLG_PEAK, HLG_GAMMA = 1000.0, 1.2
"""The nominal display of HLG, and its system gamma (table 5)."""
_PQ_PEAK = 10_000.0
_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128
"""The constants of PQ (table 4)."""
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
"""The constants of HLG (table 5)."""

Values = NDArray[np.floating]


def pq_to_light(signal: Values) -> Values:
    """The EOTF of PQ."""
    root = signal ** (1 / _M2)
    return np.asarray(_PQ_PEAK * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1))


def light_to_pq(light: Values) -> Values:
    """The inverse EOTF of PQ."""
    power = np.clip(light / _PQ_PEAK, 0, 1) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)


def hlg_to_scene(signal: Values) -> Values:
    """The inverse OETF of HLG: light of the scene, 0 to 1; the display's needs the system gamma."""
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)


def eetf(light: Values, peak: float) -> Values:
    """Compress light of at most `peak` to at most reference white. Light below the knee does not change.

    Black stays black: the lift for the black of a display (b in the report) is left out, since sRGB's is 0.
    """
    if peak <= REFERENCE_WHITE:
        return np.minimum(light, REFERENCE_WHITE)
    white, target = light_to_pq(np.array([peak, REFERENCE_WHITE])).tolist()
    most = target / white
    knee = 1.5 * most - 0.5
    signal = np.minimum(light_to_pq(light) / white, 1)
    t = np.maximum((signal - knee) / (1 - knee), 0)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    return np.where(signal < knee, light, np.minimum(pq_to_light(spline * white), REFERENCE_WHITE))
