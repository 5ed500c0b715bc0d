import math
from collections.abc import Callable

import pytest
from imagejobs.conversion.encoding import quality, ssim
from imagejobs.conversion.encoding.quality import HIGHEST, LOWEST, MAX_TRIALS, QualityChoice, choose_quality
from imagejobs.conversion.encoding.webp import encode_lossy
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.options import Options
from PIL import Image

Curve = Callable[[int], float]
TARGET = 0.98
OPTIONS = Options(quality="auto", target_ssim=TARGET)


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Callable[[Curve], QualityChoice]:
    """A function that chooses the quality of a picture whose SSIM at each quality is given by a curve."""

    def choose(curve: Curve) -> QualityChoice:
        monkeypatch.setattr(quality, "_decoded", lambda _proxy, tried, _method: tried)
        monkeypatch.setattr(ssim, "ssim", lambda _reference, tried: curve(tried))
        with MagickImage(width=8, height=8, background="red") as image:
            return choose_quality(image, OPTIONS)

    return choose


Search = Callable[[Curve], QualityChoice]


def crossing_at(crossing: float, slope: float) -> Curve:
    """A curve that reaches the target at this quality and exceeds it above."""
    return lambda tried: 1 - (1 - TARGET) * math.exp(slope * (crossing - tried))


@pytest.mark.parametrize("slope", [0.01, 0.022, 0.04])
@pytest.mark.parametrize("crossing", range(31, 90))
def test_the_search_ends_at_or_a_little_above_the_crossing(crossing: int, slope: float, search: Search) -> None:
    choice = search(crossing_at(crossing - 0.5, slope))

    assert 1 <= len(choice.trials) <= MAX_TRIALS
    assert crossing <= choice.quality <= crossing + 14
    assert choice.quality in {HIGHEST, *(trial.quality for trial in choice.trials)}


@pytest.mark.parametrize("crossing", range(40, 85))
def test_on_the_curve_of_photographs_it_is_exact(crossing: int, search: Search) -> None:
    assert search(crossing_at(crossing - 0.5, 0.022)).quality == crossing


def test_no_quality_is_tried_twice_and_every_trial_is_reported(search: Search) -> None:
    curve = crossing_at(61.5, 0.03)

    trials = search(curve).trials

    assert len({trial.quality for trial in trials}) == len(trials)
    assert [trial.ssim for trial in trials] == [curve(trial.quality) for trial in trials]
    assert trials[0].quality == 75


def test_the_lowest_that_meets_the_target_wins_and_not_the_last(search: Search) -> None:
    choice = search(lambda tried: 0.99 if tried >= 74 else 0.5)

    met = [trial.quality for trial in choice.trials if trial.ssim >= TARGET]
    assert choice.quality == min(met)
    assert choice.trials[-1].ssim < TARGET


def test_what_exactly_meets_the_target_is_good_enough(search: Search) -> None:
    assert search(lambda tried: TARGET if tried >= 75 else 0.9).quality == 75


def test_when_nothing_is_good_enough_it_is_the_highest(search: Search) -> None:
    choice = search(lambda _: 0.3)

    assert choice.quality == HIGHEST
    assert max(trial.quality for trial in choice.trials) <= HIGHEST


def test_when_everything_is_good_enough_it_is_the_lowest(search: Search) -> None:
    choice = search(lambda _: 1.0)

    assert choice.quality == LOWEST
    assert [trial.quality for trial in choice.trials] == [75, LOWEST]


@pytest.mark.parametrize("curve", [lambda tried: 0.99 if tried % 2 else 0.9, lambda tried: 0.999 - tried / 3000])
def test_a_curve_that_goes_down_ends_the_search_too(curve: Curve, search: Search) -> None:
    choice = search(curve)

    assert len(choice.trials) <= MAX_TRIALS
    assert LOWEST <= choice.quality <= HIGHEST


def test_a_quality_that_is_given_is_taken_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "_search", None)

    with MagickImage(width=8, height=8, background="red") as image:
        assert choose_quality(image, Options(quality=42)) == QualityChoice(42)


def test_a_higher_target_takes_a_higher_quality(photo: Image.Image, save: Callable[..., bytes]) -> None:
    grain = Image.effect_noise((400, 300), 40).convert("RGB")
    with MagickImage(blob=save(Image.blend(photo.resize((400, 300)), grain, 0.3), "PNG"), format="png") as image:
        low, high = (choose_quality(image, Options(quality="auto", target_ssim=at)) for at in (0.93, 0.97))

    assert LOWEST <= low.quality < high.quality <= HIGHEST


def test_only_a_smaller_copy_is_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def encode_and_note(image: MagickImage, tried: int, method: int) -> bytes:
        sizes.append(image.size)
        return encode_lossy(image, tried, method)

    monkeypatch.setattr(quality, "encode_lossy", encode_and_note)
    with MagickImage(width=1280, height=640, background="red") as image:
        choose_quality(image, OPTIONS)

    assert set(sizes) == {(640, 320)}
