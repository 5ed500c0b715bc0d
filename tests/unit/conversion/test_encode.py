import hashlib

import pytest
from imagejobs.conversion import encode as encoding
from imagejobs.conversion.encode import Effort, Encoded, encode, knows_near_lossless
from imagejobs.conversion.encoding import Encoding
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick import MagickImage

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

    assert {Encoding.LOSSY, Encoding.LOSSLESS} <= kinds(tried)
    assert (Encoding.NEAR_LOSSLESS in kinds(tried)) == knows_near_lossless()
    assert [len(each.data) for each in tried] == sorted(len(each.data) for each in tried)
    assert tried[0].encoding is Encoding.LOSSLESS


def test_a_picture_full_of_detail_is_not_tried_lossless() -> None:
    with noise(100, 200) as image:
        assert kinds(encode(image, WEIGHED)) == {Encoding.LOSSY}


def test_a_picture_that_is_not_to_be_weighed_is_lossy() -> None:
    with MagickImage(width=100, height=200, background="blue") as image:
        assert kinds(encode(image, Effort(80, 4, weigh=False))) == {Encoding.LOSSY}


def test_near_lossless_is_tried_where_the_library_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "knows_near_lossless", lambda: True)

    with MagickImage(width=100, height=20, background="blue") as image:
        assert Encoding.NEAR_LOSSLESS in kinds(encode(image, WEIGHED))


def test_of_equal_size_the_most_faithful_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "knows_near_lossless", lambda: True)
    webp = b"RIFF\0\0\0\0WEBPVP8 the same"
    monkeypatch.setattr(MagickImage, "make_blob", lambda _self, _format: webp)

    with MagickImage(width=10, height=10, background="blue") as image:
        tried = encode(image, WEIGHED)

    assert [each.encoding for each in tried] == [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS, Encoding.LOSSY]
