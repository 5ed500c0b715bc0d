import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from imagejobs.conversion.encoding import encode as encoding
from imagejobs.conversion.encoding.effort import Effort
from imagejobs.conversion.encoding.encode import Tried, encode
from imagejobs.conversion.encoding.trial import Encoding
from imagejobs.conversion.encoding.webp import Encoded, encode_in
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick.image import MagickImage
from wand.exceptions import CoderError, ResourceLimitError

SAMPLES = Path(__file__).parents[4] / "samples"
WEIGHED = Effort(80, 4, weigh=True)


def noise(width: int, height: int) -> MagickImage:
    image = MagickImage(width=width, height=height, background="red")
    pixels = hashlib.shake_128(b"noise").digest(width * height * 3)
    image.import_pixels(channel_map="RGB", storage="char", data=list(pixels))
    return image


def kinds(tried: Tried) -> set[Encoding]:
    return {each.encoding for each in tried.encoded}


@pytest.mark.parametrize("written", [b"\xff\xd8\xff\xe0another format than was asked for", None])
def test_an_output_that_is_not_a_webp_is_an_error(written: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MagickImage, "make_blob", lambda _self, _format: written)

    with MagickImage(width=2, height=2, background="red") as frame, pytest.raises(ConversionError) as caught:
        encode(frame, Effort(80, 4, weigh=False))

    assert caught.value.code == "conversion_failed"


@pytest.mark.parametrize("height", [30, 200])
def test_a_flat_picture_is_tried_lossless_and_the_smallest_wins(height: int) -> None:
    with MagickImage(width=100, height=height, background="blue") as image:
        tried = encode(image, WEIGHED)

    assert tried.lacked_memory == ()
    assert kinds(tried) == {Encoding.LOSSY, Encoding.NEAR_LOSSLESS, Encoding.LOSSLESS}
    assert [len(each.data) for each in tried.encoded] == sorted(len(each.data) for each in tried.encoded)
    assert tried.encoded[0].encoding is Encoding.LOSSLESS


def test_a_picture_full_of_detail_is_not_tried_lossless() -> None:
    with noise(100, 200) as image:
        assert kinds(encode(image, WEIGHED)) == {Encoding.LOSSY}


def test_a_picture_that_is_not_to_be_weighed_is_lossy() -> None:
    with MagickImage(width=100, height=200, background="blue") as image:
        assert kinds(encode(image, Effort(80, 4, weigh=False))) == {Encoding.LOSSY}


def test_near_lossless_is_near_and_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_promising", lambda *_: [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS])
    with noise(64, 64) as image:
        tried = {each.encoding: each for each in encode(image, WEIGHED).encoded}
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

    assert [each.encoding for each in tried.encoded] == [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS, Encoding.LOSSY]


class TestWithoutTheMemory:
    """Without enough memory only the lossy encoding has to succeed; the others are left out."""

    @staticmethod
    def failing(monkeypatch: pytest.MonkeyPatch, failure: Exception, *kinds: Encoding, from_height: int = 0) -> None:
        def fail(kind: Encoding, image: MagickImage, effort: Effort) -> Encoded:
            if kind in kinds and image.height >= from_height:
                raise failure
            return encode_in(kind, image, effort)

        monkeypatch.setattr(encoding, "encode_in", fail)

    @pytest.mark.parametrize(
        "failure",
        [
            MemoryError("Unable to allocate 51.4 MiB for an array"),
            ImportError("failed to map segment from shared object"),
            CoderError("out of memory"),
            CoderError("unable to extend cache `/tmp/magick-1': No space left on device"),
            ResourceLimitError("memory allocation failed"),
        ],
    )
    @pytest.mark.parametrize("kind", [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS])
    def test_an_encoding_that_runs_out_of_memory_is_left_out(
        self, kind: Encoding, failure: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.failing(monkeypatch, failure, kind, from_height=100)
        with MagickImage(width=100, height=200, background="blue") as image:
            tried = encode(image, WEIGHED)

        assert tried.lacked_memory == (kind,)
        assert kinds(tried) == {Encoding.LOSSY, Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS} - {kind}

    def test_both_are_left_out_when_memory_is_not_enough_to_judge_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing(monkeypatch, MemoryError(), Encoding.NEAR_LOSSLESS)
        with MagickImage(width=100, height=200, background="blue") as image:
            tried = encode(image, WEIGHED)

        assert (kinds(tried), tried.lacked_memory) == ({Encoding.LOSSY}, (Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS))

    @pytest.mark.parametrize(
        ("memory", "lacked"),
        [(20_000 * 44, ""), (20_000 * 44 - 1, "nearLossless"), (20_000 * 36 - 1, "lossless nearLossless")],
    )
    def test_an_encoding_that_would_not_fit_into_memory_is_not_tried(
        self, memory: int, lacked: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.failing(monkeypatch, AssertionError("it was tried"), *map(Encoding, lacked.split()), from_height=100)
        with MagickImage(width=100, height=200, background="blue") as image:
            tried = encode(image, replace(WEIGHED, memory_bytes=memory))

        assert " ".join(tried.lacked_memory) == lacked
        assert kinds(tried) == set(Encoding) - {Encoding.MIXED, *tried.lacked_memory}

    def test_an_encoding_that_would_not_win_is_not_reported_as_lacking_memory(self) -> None:
        with noise(100, 200) as image:
            assert encode(image, replace(WEIGHED, memory_bytes=0)).lacked_memory == ()

    def test_any_other_failure_is_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing(monkeypatch, CoderError("unable to encode image"), Encoding.LOSSLESS, from_height=100)
        with MagickImage(width=100, height=200, background="blue") as image, pytest.raises(CoderError):
            encode(image, WEIGHED)

    def test_lossy_has_to_succeed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing(monkeypatch, MemoryError(), Encoding.LOSSY)
        with MagickImage(width=100, height=200, background="blue") as image, pytest.raises(MemoryError):
            encode(image, WEIGHED)
