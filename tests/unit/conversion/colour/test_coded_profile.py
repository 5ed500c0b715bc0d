import itertools

import pytest
from imagejobs.conversion.colour.coded_profile import coded_profile, gamma_profile
from imagejobs.conversion.colour.icc import parse_icc
from imagejobs.conversion.colour.primaries import CHROMATICITIES, NoSpaceError, colorants, rgb_to_xyz
from imagejobs.conversion.colour.srgb_profile import COLORANTS
from imagejobs.conversion.formats.coded_colour import KNOWN_PRIMARIES, KNOWN_TRANSFERS, CodedColour

SRGB, P3 = (CHROMATICITIES[number][1] for number in (1, 12))


def name_of(profile: bytes | None) -> str | None:
    icc = parse_icc(profile or b"")
    return icc.description if icc else None


def test_the_colorants_of_srgb_are_the_published_ones() -> None:
    for channel, expected in COLORANTS.items():
        assert colorants(SRGB)[channel] == pytest.approx(expected, abs=0.0002)


def test_the_luminances_of_bt2020_are_the_published_ones() -> None:
    assert rgb_to_xyz(CHROMATICITIES[9][1])[1] == pytest.approx((0.2627, 0.6780, 0.0593), abs=0.0001)


def test_every_known_code_point_has_a_profile_or_needs_none() -> None:
    assert set(CHROMATICITIES) == KNOWN_PRIMARIES
    for primaries, transfer in itertools.product(KNOWN_PRIMARIES, KNOWN_TRANSFERS):
        colour = CodedColour(primaries, transfer)
        is_srgb = primaries == 1 and transfer in {1, 6, 11, 13, 14, 15}
        assert (coded_profile(colour) is None) == (colour.is_hdr or is_srgb)


@pytest.mark.parametrize(
    ("primaries", "transfer", "name"),
    [(12, 13, "Display P3"), (9, 15, "BT.2020"), (1, 8, "BT.709, linear"), (6, 5, "BT.601, 525 lines, gamma 2.8")],
)
def test_profiles_are_named_for_the_receipt(primaries: int, transfer: int, name: str) -> None:
    assert name_of(coded_profile(CodedColour(primaries, transfer))) == name


@pytest.mark.parametrize(
    ("gamma", "chromaticities", "name"),
    [
        (0.45455, (), None),
        (0.45455, SRGB, None),
        (0.44, SRGB, None),
        (0.45455, P3, "gamma 2.2, cHRM"),
        (1.0, (), "gamma 1"),
        (1.0, (0.0,) * 8, "gamma 1"),
        (1.0, (0.3127, 0.329, *(0.64, 0.33) * 3), "gamma 1"),
        (0.0, P3, None),
        (1e6, P3, None),
        (1e-5, P3, None),
    ],
)
def test_gamma_and_chromaticities(gamma: float, chromaticities: tuple[float, ...], name: str | None) -> None:
    assert name_of(gamma_profile(gamma, chromaticities)) == name


@pytest.mark.parametrize(
    "damaged", [(0.3127, 0.0, *SRGB[2:]), (0.9, 0.05, *SRGB[2:]), (0.3127, 0.329, *(0.1, 0.2) * 3)]
)
def test_chromaticities_that_are_no_space_are_refused(damaged: tuple[float, ...]) -> None:
    with pytest.raises(NoSpaceError):
        colorants(damaged)
