import pytest
from imagejobs.conversion.processing.geometry import fit


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3840, 2400), (1920, 1200)),
        ((2400, 3840), (1200, 1920)),
        ((1920, 1920), (1920, 1920)),
        ((10, 20), (10, 20)),
        ((1, 1), (1, 1)),
        ((16383, 1), (1920, 1)),
        ((3840, 2161), (1920, 1081)),
    ],
)
def test_it_fits_without_enlarging_or_vanishing(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fit(*size, 1920) == expected
