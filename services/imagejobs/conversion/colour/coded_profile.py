"""ICC profiles of colours that a file names by code points (ITU-T H.273) or by numbers (PNG's gAMA and cHRM)."""

from collections.abc import Mapping, Sequence

from imagejobs.conversion.colour.primaries import CHROMATICITIES, Colorants, NoSpaceError, colorants
from imagejobs.conversion.colour.srgb_profile import COLORANTS, Curve, decode, display_profile
from imagejobs.conversion.formats.coded_colour import BT709, CodedColour

_NEUTRAL = 0.05
"""The tolerance within which libpng and browsers take a gamma for that of sRGB (1 / 2.2): one twentieth."""
_SAME_CHROMATICITY = 0.002
_MONITOR_GAMMA = 2.2
_LIGHTEST_GAMMA, _DARKEST_GAMMA = 0.01, 100
"""An exponent outside this range is damage."""


def _power(exponent: float) -> Curve:
    """A curve that is a power function."""
    return lambda value: float(value**exponent)


def _smpte_240m(value: float) -> float:
    return value / 4 if value < 0.0913 else float(((value + 0.1115) / 1.1115) ** (1 / 0.45))


def _smpte_428(value: float) -> float:
    return min(1.0, 52.37 / 48 * float(value**2.6))


_CURVES: Mapping[int, tuple[str, Curve]] = {
    4: ("gamma 2.2", _power(2.2)),
    5: ("gamma 2.8", _power(2.8)),
    7: ("SMPTE 240M", _smpte_240m),
    8: ("linear", _power(1)),
    17: ("SMPTE 428-1", _smpte_428),
}
"""From encoded to linear light (H.273, table 3). All others, such as BT.709's (1, 6, 14, 15), are shown with sRGB's, as
in Chromium."""


def coded_profile(colour: CodedColour) -> bytes | None:
    """The profile of these code points; None for sRGB, and for HDR, which no profile describes."""
    space, chromaticities = CHROMATICITIES[colour.primaries]
    name, curve = _CURVES.get(colour.transfer, ("", decode))
    if colour.is_hdr or (colour.primaries == BT709 and not name):
        return None
    return display_profile(f"{space}, {name}" if name else space, colorants(chromaticities), curve)


def gamma_profile(gamma: float, chromaticities: Sequence[float]) -> bytes | None:
    """The profile of a PNG's gAMA, and cHRM where it is not empty; None for sRGB, as in browsers.

    A gamma near 1 / 2.2 stands for sRGB's curve where the primaries are sRGB's too (W3C PNG, third edition, 11.3.2.5).
    """
    if not 1 / _DARKEST_GAMMA <= gamma <= 1 / _LIGHTEST_GAMMA:
        return None
    found = _own_colorants(chromaticities)
    if found is None and abs(gamma * _MONITOR_GAMMA - 1) < _NEUTRAL:
        return None
    name = f"gamma {1 / gamma:.3g}"
    return display_profile(f"{name}, cHRM" if found else name, found or COLORANTS, _power(1 / gamma))


def _own_colorants(chromaticities: Sequence[float]) -> Colorants | None:
    """The colorants of these chromaticities; None for those of sRGB, and for damaged ones."""
    _, standard = CHROMATICITIES[BT709]
    if all(abs(one - other) < _SAME_CHROMATICITY for one, other in zip(chromaticities, standard, strict=False)):
        return None
    try:
        return colorants(chromaticities)
    except NoSpaceError:
        return None
