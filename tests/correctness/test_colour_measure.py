"""The colour measure of these tests gives the published values (Sharma, Wu, Dalal 2005, table 1)."""

import io

import numpy as np
import pytest
from files.colour_profiles import rgb_profile
from measures.colour_science import ADOBE_RGB, DISPLAY_P3, RgbSpace, delta_e, lab, mean_delta_e, to_srgb
from measures.decoded_pictures import photo
from PIL import Image, ImageCms

PAIRS = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), PAIRS)
def test_ciede2000_gives_the_published_values(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    assert delta_e(np.array(one), np.array(other)) == pytest.approx(expected, abs=6e-5)


def test_white_is_white_and_red_is_where_it_should_be() -> None:
    assert lab(np.array([255, 255, 255])) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(np.array([255, 0, 0])) == pytest.approx([54.29, 80.80, 69.89], abs=0.1)


@pytest.mark.parametrize("space", [DISPLAY_P3, ADOBE_RGB], ids=lambda space: space.name)
def test_the_profiles_say_what_the_calculation_says(space: RgbSpace) -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(rgb_profile(space)))

    converted = ImageCms.profileToProfile(Image.fromarray(photo()), profile, ImageCms.createProfile("sRGB"))

    assert converted is not None
    assert mean_delta_e(np.asarray(converted), to_srgb(photo(), space)) < 0.3
