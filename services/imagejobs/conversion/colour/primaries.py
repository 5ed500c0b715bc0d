"""The primaries of RGB spaces: chromaticities by code points (ITU-T H.273, table 2), and XYZ calculated from them."""

from collections.abc import Mapping, Sequence

Matrix = tuple[tuple[float, float, float], ...]
"""Rows of a 3 x 3 matrix."""
Colorants = Mapping[str, tuple[float, float, float]]
"""XYZ of red, green and blue adapted to D50, under the keys r, g and b."""
D50 = (0.9642, 1.0, 0.8249)
"""The white of the profile connection space (ICC.1:2001-04, annex A)."""
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_FLAT = 1e-6
"""A smaller determinant means that the primaries are on one line."""
_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
CHROMATICITIES: Mapping[int, tuple[str, tuple[float, ...]]] = {
    1: ("BT.709", (*_D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)),
    4: ("BT.470 M", (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08)),
    5: ("BT.601, 625 lines", (*_D65, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060)),
    6: ("BT.601, 525 lines", (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
    7: ("SMPTE 240M", (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
    8: ("film", (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049)),
    9: ("BT.2020", (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
    10: ("XYZ", (1 / 3, 1 / 3, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0)),
    11: ("DCI-P3", (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
    12: ("Display P3", (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
    22: ("EBU 3213-E", (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077)),
}
"""By code point: a name for people, and x and y of white, red, green and blue."""


class NoSpaceError(ValueError):
    """The chromaticities do not span a colour space, or have no white."""


def colorants(chromaticities: Sequence[float]) -> Colorants:
    """The colorants of a space, from x and y of white, red, green and blue. Raises NoSpaceError."""
    red, green, blue = zip(*xyz_to_d50(rgb_to_xyz(chromaticities)), strict=True)
    return {"r": red, "g": green, "b": blue}


def rgb_to_xyz(chromaticities: Sequence[float]) -> Matrix:
    """From linear RGB to XYZ under the space's own white, whose Y is 1 (SMPTE RP 177). Raises NoSpaceError."""
    (white_x, white_y), *corners = zip(chromaticities[::2], chromaticities[1::2], strict=True)
    corners_xyz: Matrix = tuple(zip(*((x, y, 1 - x - y) for x, y in corners), strict=True))
    if white_y <= 0:
        raise NoSpaceError
    shares = _apply(inverse(corners_xyz), (white_x / white_y, 1.0, (1 - white_x - white_y) / white_y))
    if min(shares) <= 0:
        raise NoSpaceError
    return product(corners_xyz, _diagonal(shares))


def xyz_to_d50(to_xyz: Matrix) -> Matrix:
    """The matrix of an RGB space with its white adapted to D50 (Bradford). Raises NoSpaceError."""
    source, target = _apply(_BRADFORD, _apply(to_xyz, (1.0, 1.0, 1.0))), _apply(_BRADFORD, D50)
    if min(source) <= 0:
        raise NoSpaceError
    red, green, blue = (wanted / found for wanted, found in zip(target, source, strict=True))
    return product(inverse(_BRADFORD), product(_diagonal((red, green, blue)), product(_BRADFORD, to_xyz)))


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a matrix. Raises NoSpaceError if it does not exist."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    if abs(determinant) < _FLAT:
        raise NoSpaceError
    return tuple((x / determinant, y / determinant, z / determinant) for x, y, z in cofactors)


def product(left: Matrix, right: Matrix) -> Matrix:
    """The product of two matrices: it applies `right` first, then `left`."""
    columns = [_apply(left, column) for column in zip(*right, strict=True)]
    return tuple(zip(*columns, strict=True))


def _apply(matrix: Matrix, vector: Sequence[float]) -> tuple[float, float, float]:
    x, y, z = (sum(factor * value for factor, value in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _diagonal(values: tuple[float, float, float]) -> Matrix:
    return ((values[0], 0.0, 0.0), (0.0, values[1], 0.0), (0.0, 0.0, values[2]))
