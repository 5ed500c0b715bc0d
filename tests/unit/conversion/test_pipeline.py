import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from files import webp as webp_files
from files.apng import apng, block
from imagejobs.conversion import pipeline
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.probe import probe
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.options import Options

COLOURS = [(200, 0, 0, 255), (0, 0, 200, 255)]
SOURCE = webp_files.animated_webp(40, 30, [webp_files.Part(0, 0, 40, 30, colour) for colour in COLOURS])

APNG = apng(40, 30, [block(0, 0, 40, 30, (50 * index, 0, 200, 255)) for index in range(4)])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_other_frames_than_announced_are_corrupt(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """If two readers of a file disagree about its frames, the file is corrupt, and the conversion does not crash."""

    def decode(*_: object) -> Iterator[MagickImage]:
        return (MagickImage(width=40, height=30, background=f"gray{index}") for index in range(count))

    monkeypatch.setattr(pipeline, "decode", decode)
    with pytest.raises(ConversionError, match=r"does not have as many frames as it announces \(2\)") as caught:
        pipeline.run(SOURCE, probe(io.BytesIO(SOURCE)), Options())

    assert caught.value.code == "corrupt"


@pytest.mark.parametrize("kind", ["animated gif", "animated png", "animated webp"])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_file_with_another_number_of_frames_than_was_counted_is_corrupt(
    kind: str, count: int, samples: dict[str, bytes]
) -> None:
    source = (samples | {"animated png": APNG})[kind]
    found = probe(io.BytesIO(source))
    assert found.frames == 4
    claimed = replace(found, frames=count, durations_ms=(70,) * count)

    with pytest.raises(ConversionError, match=rf"does not have as many frames as it announces \({count}\)") as caught:
        pipeline.run(source, claimed, Options())

    assert caught.value.code == "corrupt"
