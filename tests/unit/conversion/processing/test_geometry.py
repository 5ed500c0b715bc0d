import pytest
from imagejobs.conversion.processing.geometry import fit, upright


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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_from_5_on_swap_width_and_height(orientation: int) -> None:
    assert upright(30, 20, orientation) == ((30, 20) if orientation < 5 else (20, 30))
