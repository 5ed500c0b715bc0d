from dataclasses import replace

import pytest
from imagejobs.conversion.encoding.quality import QualityChoice
from imagejobs.conversion.encoding.rendition import Rendition
from imagejobs.conversion.encoding.trial import Encoding, Trial
from imagejobs.conversion.options import Options
from imagejobs.conversion.pipeline import Rendered
from imagejobs.conversion.processing.placeholder import Placeholder
from imagejobs.conversion.reason import reason

LOSSY, LOSSLESS = Trial(Encoding.LOSSY, 80, 90), Trial(Encoding.LOSSLESS, 100, 100)
OUTPUT = Rendition(100, 100, Encoding.LOSSY, 80, bytes(90), (LOSSY, LOSSLESS))


def rendered(output: Rendition, quality: int = 80) -> Rendered:
    return Rendered((output,), Placeholder(b"", "#000000"), None, None, QualityChoice(quality))


@pytest.mark.parametrize(
    ("output", "source_bytes", "expected"),
    [
        (OUTPUT, 90, "the smallest of what was tried"),
        (
            replace(OUTPUT, least_bytes=70),
            60,
            "the smallest of what was tried at quality 80 or better; larger than the source, as quality 40 is too: "
            "about 70 bytes",
        ),
        (replace(OUTPUT, quality=61), 90, "larger than the source at quality 80, so the quality was lowered"),
        (replace(OUTPUT, tried=(LOSSY,)), 90, "lossless was not tried: the picture is not flat"),
        (replace(OUTPUT, tried=(LOSSY,), is_sampled=True), 90, "the smallest of what was tried for some of the frames"),
        (replace(OUTPUT, encoding=Encoding.MIXED), 89, "the smallest of each frame; larger than the source"),
        (
            replace(OUTPUT, width=16),
            90,
            "lossy was not tried: it blurs the colours of pictures whose shorter side has 16 pixels or fewer",
        ),
    ],
)
def test_it_tells_what_was_done(output: Rendition, source_bytes: int, expected: str) -> None:
    assert reason([rendered(output)], source_bytes, Options()) == expected


def test_a_quality_below_the_lowest_is_not_lowered() -> None:
    output = replace(OUTPUT, quality=35, least_bytes=90, tried=(replace(LOSSY, quality=35),))

    why = reason([rendered(output, 35)], 80, Options(quality=35))

    assert why.endswith("; larger than the source: qualities below 40 are not tried")


def test_the_reason_says_that_an_animation_was_rendered_twice_in_vain() -> None:
    why = reason([rendered(OUTPUT), rendered(replace(OUTPUT, quality=50), 50)], 80, Options())

    assert why == "the smallest of what was tried; larger than the source, also at quality 50"


def test_the_reason_says_that_an_animations_quality_was_lowered() -> None:
    lowered = replace(OUTPUT, quality=50, data=bytes(70))

    assert reason([rendered(lowered, 50), rendered(OUTPUT)], 80, Options()).startswith("larger than the source at")
