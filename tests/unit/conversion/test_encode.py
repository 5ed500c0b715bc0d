import hashlib
from pathlib import Path

import pytest
from imagejobs.conversion import encode as encoding
from imagejobs.conversion.encode import Effort, Encoded, encode
from imagejobs.conversion.encoding import Encoding
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick import MagickImage

SAMPLES = Path(__file__).parents[3] / "samples"
WEIGHED = Effort(80, 4, weigh=True)


def noise(width: int, height: int) -> MagickImage:
    image = MagickImage(width=width, height=height, background="red")
    pixels = hashlib.shake_128(b"noise").digest(width * height * 3)
    image.import_pixels(channel_map="RGB", storage="char", data=list(pixels))
    return image


def kinds(tried: list[Encoded]) -> set[Encoding]:
    return {each.encoding for each in tried}


@pytest.mark.parametrize("written", [b"\xff\xd8\xff\xe0another format than was asked for", None])
def test_what_is_no_webp_is_not_handed_on(written: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MagickImage, "make_blob", lambda _self, _format: written)

    with MagickImage(width=2, height=2, background="red") as frame, pytest.raises(ConversionError) as caught:
        encode(frame, Effort(80, 4, weigh=False))

    assert caught.value.code == "conversion_failed"


@pytest.mark.parametrize("height", [30, 200])
def test_a_flat_picture_is_tried_lossless_and_the_smallest_wins(height: int) -> None:
    with MagickImage(width=100, height=height, background="blue") as image:
        tried = encode(image, WEIGHED)

    assert kinds(tried) == {Encoding.LOSSY, Encoding.NEAR_LOSSLESS, Encoding.LOSSLESS}
    assert [len(each.data) for each in tried] == sorted(len(each.data) for each in tried)
    assert tried[0].encoding is Encoding.LOSSLESS


def test_a_picture_full_of_detail_is_not_tried_lossless() -> None:
    with noise(100, 200) as image:
        assert kinds(encode(image, WEIGHED)) == {Encoding.LOSSY}


def test_a_picture_that_is_not_to_be_weighed_is_lossy() -> None:
    with MagickImage(width=100, height=200, background="blue") as image:
        assert kinds(encode(image, Effort(80, 4, weigh=False))) == {Encoding.LOSSY}


def test_near_lossless_is_near_and_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_promising", lambda *_: [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS])
    with noise(64, 64) as image:
        tried = {each.encoding: each for each in encode(image, WEIGHED)}
        original = image.export_bytes("RGB")
    with MagickImage(blob=tried[Encoding.NEAR_LOSSLESS].data, format="webp") as decoded:
        difference = [abs(a - b) for a, b in zip(decoded.export_bytes("RGB"), original, strict=True)]

    assert len(tried[Encoding.NEAR_LOSSLESS].data) < 0.9 * len(tried[Encoding.LOSSLESS].data)
    assert 0 < max(difference) <= 3


def test_near_lossless_is_not_tried_where_a_few_rows_show_that_it_costs_more() -> None:
    with MagickImage(blob=(SAMPLES / "soft-alpha.png").read_bytes(), format="png") as image:
        assert kinds(encode(image, WEIGHED)) == {Encoding.LOSSY, Encoding.LOSSLESS}


def test_of_equal_size_the_most_faithful_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    webp = b"RIFF\0\0\0\0WEBPVP8 the same"
    monkeypatch.setattr(MagickImage, "make_blob", lambda _self, _format: webp)

    with MagickImage(width=10, height=10, background="blue") as image:
        tried = encode(image, WEIGHED)

    assert [each.encoding for each in tried] == [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS, Encoding.LOSSY]
