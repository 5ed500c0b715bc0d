import sys

import numpy as np
import pytest
from imagejobs.conversion.colour.hdr_curves import eetf, hlg_to_scene, light_to_pq, pq_to_light
from imagejobs.conversion.colour.tone_map import ToneMap
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.coded_colour import CodedColour
from imagejobs.conversion.magick.errors import processing_errors
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.processing import hdr
from imagejobs.conversion.processing.hdr import HdrMapping

PQ = CodedColour(9, 16)


def signal_of(*light: float) -> bytes:
    """The 16-bit PQ signal of grey pixels with this light in cd/m2."""
    levels = np.rint(light_to_pq(np.array(light)) * 65535).astype(np.uint16)
    return levels.repeat(3).tobytes()


def mapped(tone_map: ToneMap, pixels: bytes) -> list[float]:
    """The red channel of each pixel after tone mapping, 0 to 1."""
    return list(np.frombuffer(tone_map.convert(pixels), np.uint16)[::3] / 65535)


def test_the_curves_give_the_published_values() -> None:
    """BT.2408, table 1, for PQ; BT.2100, table 5, for HLG: a signal of 1/2 is 1/12 of the light."""
    assert light_to_pq(np.array([100.0, 203.0, 1000.0, 10_000.0])) == pytest.approx([0.508, 0.581, 0.752, 1], abs=0.001)
    assert pq_to_light(light_to_pq(np.array([0.01, 1.0, 600.0]))) == pytest.approx([0.01, 1, 600], rel=1e-6)
    assert hlg_to_scene(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, 1 / 12, 1], abs=1e-6)


@pytest.mark.parametrize("peak", [203, 204, 400, 1000, 4000, 10_000])
def test_the_eetf_is_monotonic_and_ends_at_white(peak: float) -> None:
    light = np.linspace(0, peak, 5000)

    result = eetf(light, peak)

    assert np.diff(result).min() >= 0
    assert (result[0], result[-1]) == (0, pytest.approx(203, rel=1e-6))
    assert (result <= light + 1e-6).all()


def test_dark_and_middle_tones_are_left_alone() -> None:
    assert eetf(np.array([0.01, 1.0, 50.0]), 1000).tolist() == [0.01, 1.0, 50.0]


def test_single_specks_do_not_decide_the_peak() -> None:
    tone_map = ToneMap(PQ)
    tone_map.measure(signal_of(*[203] * 99_999, 10_000))

    assert mapped(tone_map, signal_of(203)) == pytest.approx([1], abs=0.002)


def test_a_picture_of_black_is_black() -> None:
    tone_map = ToneMap(PQ)
    tone_map.measure(signal_of(0, 0))

    assert mapped(tone_map, signal_of(0)) == [0]


def test_a_picture_without_a_visible_pixel_is_converted() -> None:
    tone_map = ToneMap(PQ)
    tone_map.measure(signal_of(900, 900), bytes(4))

    assert mapped(tone_map, signal_of(203)) == pytest.approx([1], abs=0.002)


@pytest.mark.parametrize("primaries", [1, 4, 5, 6, 8, 9, 10, 11, 12, 22])
@pytest.mark.parametrize("transfer", [16, 18])
def test_every_colour_of_every_space_is_mapped_without_a_warning(transfer: int, primaries: int) -> None:
    tone_map = ToneMap(CodedColour(primaries, transfer))
    steps = np.linspace(0, 65535, 5).astype(np.uint16)
    pixels = np.stack(np.meshgrid(steps, steps, steps), axis=-1).tobytes()
    tone_map.measure(pixels)

    levels = np.frombuffer(tone_map.convert(pixels), np.uint16)

    assert levels.min() == 0
    assert levels.max() > 65530


def test_strips_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for pixels in (1 << 16, 50):
        monkeypatch.setattr(hdr, "_PIXELS", pixels)
        with MagickImage(width=40, height=64, background="white") as frame:
            frame.import_bytes("RGB", np.linspace(0, 255, 40 * 64 * 3).astype(np.uint8).tobytes())
            HdrMapping(PQ).apply(frame)
            results.append(frame.export_bytes("RGB"))

    assert results[0] == results[1]


def test_the_first_frame_decides_for_all() -> None:
    mapping = HdrMapping(PQ)
    with (
        MagickImage(width=4, height=4, background="gray(59%)") as first,
        MagickImage(width=4, height=4, background="white") as second,
    ):
        for frame in (first, second):
            mapping.apply(frame)

        assert set(first.export_bytes("R")) == set(second.export_bytes("R")) == {255}


def test_without_memory_for_numpy_the_picture_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numpy")
    monkeypatch.setattr(hdr, "has_memory", lambda _: False)
    with (
        MagickImage(width=4, height=4, background="white") as frame,
        pytest.raises(ConversionError) as caught,
        processing_errors("PNG"),
    ):
        HdrMapping(PQ).apply(frame)

    assert caught.value.code == "conversion_memory"
