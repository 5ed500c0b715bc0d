import struct

import pytest
from imagejobs.conversion.colour.icc import parse_icc
from imagejobs.conversion.colour.srgb_profile import display_profile, srgb_profile
from PIL import ImageCms

P3 = {"r": (0.51512, 0.24120, -0.00105), "g": (0.29198, 0.69225, 0.04189), "b": (0.15710, 0.06657, 0.78407)}


def test_srgb_is_recognised_under_any_name() -> None:
    little_cms = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for data in (srgb_profile(), little_cms):
        profile = parse_icc(data)
        assert profile is not None
        assert profile.is_srgb


def test_display_p3_is_not_srgb_and_keeps_its_name() -> None:
    profile = parse_icc(display_profile("Display P3", P3))

    assert profile is not None
    assert (profile.color_space, profile.description, profile.is_srgb) == ("RGB ", "Display P3", False)


def test_gamma_2_2_is_not_srgb() -> None:
    data = srgb_profile()
    gamma = struct.pack(">4sIIHH", b"curv", 0, 1, 0x0233, 0)
    at = data.index(b"curv")

    profile = parse_icc(data[:at] + gamma + data[at + len(gamma) :])

    assert profile is not None
    assert not profile.is_srgb


@pytest.mark.parametrize("data", [b"", b"nonsense" * 40, srgb_profile()[:100]])
def test_what_is_no_profile_is_none(data: bytes) -> None:
    assert parse_icc(data) is None


def test_a_damaged_profile_raises_nothing() -> None:
    data = srgb_profile()
    for at in range(128, 260):
        parse_icc(data[:at] + b"\xff" + data[at + 1 :])
        parse_icc(data[:at])
